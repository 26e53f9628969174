/** Tokens that are told apart at the same time: 24 MB. */
const maxTokens = 1_000_000;

/** What is known of tokens that stand in more than one record. */
export interface RepeatedTokens {
  /** Records whose token stands in one before them, of the tokens that were followed. */
  readonly count: number;
  /** One token in so many was followed, through all records: 1, 2, 4, 8 … */
  readonly oneIn: number;
  /** The same of all tokens, as long as all were followed; undefined where they were to the end. */
  readonly atFirst: { readonly count: number; readonly among: number } | undefined;
}

/**
 * Counts tokens that stand there before, in bounded memory. While they are few, all are followed. Each time they are too
 * many, half of them are given up, by a bit of their hash, for good: those that are left have been followed from the first
 * record on, so that the count of theirs is exact, and a part that was exported twice shows among them. A token is known
 * again by 53 bits of a hash; nothing else of it is kept.
 */
export class RepeatedTokenCounter {
  readonly #most: number;
  readonly #slots: number;
  #marks: Float64Array;
  #repeats: Uint32Array;
  #tokens = 0;
  #oneIn = 1;
  #records = 0;
  #atFirst: RepeatedTokens['atFirst'];

  constructor(most = maxTokens) {
    this.#most = most;
    this.#slots = 2 ** Math.ceil(Math.log2(2 * most));
    this.#marks = new Float64Array(this.#slots);
    this.#repeats = new Uint32Array(this.#slots);
  }

  add(token: string): void {
    this.#records += 1;
    const mark = markOf(token);
    if (!this.#isFollowed(mark)) return;
    const at = this.#find(mark);
    if (this.#marks[at] === mark) {
      this.#repeats[at] = (this.#repeats[at] ?? 0) + 1;
      return;
    }
    this.#put(at, mark, 0);
    if (this.#tokens > this.#most) this.#giveUpHalf();
  }

  get result(): RepeatedTokens {
    return { count: this.#count, oneIn: this.#oneIn, atFirst: this.#atFirst };
  }

  get #count(): number {
    return this.#repeats.reduce((sum, repeats) => sum + repeats, 0);
  }

  /** By the upper bits: the place of a mark is chosen by the lower ones. */
  #isFollowed(mark: number): boolean {
    return Math.floor(mark / 2 ** 32) % this.#oneIn === 0;
  }

  /** Where a mark stands, or would. */
  #find(mark: number): number {
    let at = mark % this.#slots;
    for (let held = this.#marks[at]; held !== 0 && held !== mark; held = this.#marks[at])
      at = (at + 1) % this.#slots;
    return at;
  }

  #put(at: number, mark: number, repeats: number): void {
    this.#marks[at] = mark;
    this.#repeats[at] = repeats;
    this.#tokens += 1;
  }

  #giveUpHalf(): void {
    const [marks, repeats] = [this.#marks, this.#repeats];
    this.#atFirst ??= { count: this.#count, among: this.#records };
    this.#oneIn *= 2;
    this.#marks = new Float64Array(this.#slots);
    this.#repeats = new Uint32Array(this.#slots);
    this.#tokens = 0;
    for (const [at, mark] of marks.entries()) {
      if (mark !== 0 && this.#isFollowed(mark)) this.#put(this.#find(mark), mark, repeats[at] ?? 0);
    }
  }
}

/** 53 bits (cyrb53); never zero, which an empty slot is. */
function markOf(token: string): number {
  let high = 0xde_ad_be_ef;
  let low = 0x41_c6_ce_57;
  for (let at = 0; at < token.length; at += 1) {
    const code = token.charCodeAt(at);
    high = Math.imul(high ^ code, 2_654_435_761);
    low = Math.imul(low ^ code, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return 2 ** 32 * (low & 0x1f_ff_ff) + (high >>> 0) || 1;
}
