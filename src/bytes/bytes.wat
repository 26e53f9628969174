;; What is done with every byte of a usual record, sixteen bytes at a time. Whoever calls has room of sixteen bytes behind
;; whatever is read or written. See bytes.ts.
(module
  (memory (export "memory") 1)

  ;; Finds the lines that end from `at` up to `end`, where byte `place` of the text stands at `at` and the first line begins at
  ;; byte `start` of it: notes begin and end of each, without its line end, one behind the other from `notes` on. Twice as
  ;; many as there are, and one more where any of them is as long as the header (`header`); -1 where there is a blank line, or a byte
  ;; below a space that ends no line. A line end stands whole there.
  (func (export "findLines")
    (param $at i32) (param $end i32) (param $notes i32) (param $place i32) (param $start i32) (param $header i32)
    (result i32)
    (local $begin i32) (local $next i32) (local $found i32) (local $here i32) (local $last i32) (local $alike i32)
    (local.set $begin (local.get $at))
    (local.set $next (local.get $notes))
    ;; What stands behind the end is none.
    (v128.store (local.get $end) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $found
          (i8x16.bitmask
            (i8x16.lt_u
              (v128.load (local.get $at))
              (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))))
        (block $none
          (loop $each
            (br_if $none (i32.eqz (local.get $found)))
            (local.set $here (i32.add (local.get $at) (i32.ctz (local.get $found))))
            (local.set $found (i32.and (local.get $found) (i32.sub (local.get $found) (i32.const 1))))
            (if (i32.eq (i32.load8_u (local.get $here)) (i32.const 10))
              (then
                (local.set $last
                  (i32.add (local.get $place) (i32.sub (local.get $here) (local.get $begin))))
                (i32.store (local.get $next) (local.get $start))
                (i32.store offset=4 (local.get $next) (local.get $last))
                (if (i32.gt_u (local.get $here) (local.get $begin))
                  (then
                    (if (i32.eq (i32.load8_u (i32.sub (local.get $here) (i32.const 1))) (i32.const 13))
                      (then
                        (i32.store offset=4
                          (local.get $next)
                          (i32.sub (local.get $last) (i32.const 1)))))))
                (local.set $start
                  (i32.sub (i32.load offset=4 (local.get $next)) (local.get $start)))
                (if (i32.eqz (local.get $start)) (then (return (i32.const -1))))
                (if (i32.eq (local.get $start) (local.get $header))
                  (then (local.set $alike (i32.const 1))))
                (local.set $start (i32.add (local.get $last) (i32.const 1)))
                (local.set $next (i32.add (local.get $next) (i32.const 8))))
              (else
                (if (i32.ne (i32.load8_u (local.get $here)) (i32.const 13))
                  (then (return (i32.const -1))))
                (if (i32.ne (i32.load8_u offset=1 (local.get $here)) (i32.const 10))
                  (then (return (i32.const -1))))))
            (br $each)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (i32.or
      (i32.shr_u (i32.sub (local.get $next) (local.get $notes)) (i32.const 2))
      (local.get $alike)))

  ;; Copies `length` bytes, and up to fifteen more, which whoever writes next overwrites; where they end.
  (func $copy (param $to i32) (param $from i32) (param $length i32) (result i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $to) (local.get $length)))
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $to) (local.get $end)))
        (v128.store (local.get $to) (v128.load (local.get $from)))
        (local.set $to (i32.add (local.get $to) (i32.const 16)))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (br $blocks)))
    (local.get $end))

  ;; Copies the bytes of a cell, whose begin and end, numbers from `column` on, stand at `place`; where they end.
  (func $copyCell (param $to i32) (param $column i32) (param $place i32) (result i32)
    (call $copy
      (local.get $to)
      (i32.add (local.get $column) (i32.load (local.get $place)))
      (i32.sub (i32.load offset=4 (local.get $place)) (i32.load (local.get $place)))))

  ;; Writes records to `to`: of each the value, `middle`, the token, and what stands between two records, `between`. Where it ends.
  (func (export "frame")
    (param $to i32) (param $count i32)
    (param $values i32) (param $valuePlaces i32) (param $tokens i32) (param $tokenPlaces i32)
    (param $middle i32) (param $middleLength i32) (param $between i32) (param $betweenLength i32)
    (result i32)
    (block $done
      (loop $records
        (local.set $to (call $copyCell (local.get $to) (local.get $values) (local.get $valuePlaces)))
        (local.set $to (call $copy (local.get $to) (local.get $middle) (local.get $middleLength)))
        (local.set $to (call $copyCell (local.get $to) (local.get $tokens) (local.get $tokenPlaces)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $to (call $copy (local.get $to) (local.get $between) (local.get $betweenLength)))
        (local.set $valuePlaces (i32.add (local.get $valuePlaces) (i32.const 8)))
        (local.set $tokenPlaces (i32.add (local.get $tokenPlaces) (i32.const 8)))
        (br $records)))
    (local.get $to))

  ;; Whether the same bytes stand at two places.
  (func $isSame (param $one i32) (param $other i32) (param $length i32) (result i32)
    (block $rest
      (loop $blocks
        (br_if $rest (i32.lt_u (local.get $length) (i32.const 16)))
        (if (v128.any_true (v128.xor (v128.load (local.get $one)) (v128.load (local.get $other))))
          (then (return (i32.const 0))))
        (local.set $one (i32.add (local.get $one) (i32.const 16)))
        (local.set $other (i32.add (local.get $other) (i32.const 16)))
        (local.set $length (i32.sub (local.get $length) (i32.const 16)))
        (br $blocks)))
    (i32.eqz
      (i32.and
        (i8x16.bitmask (i8x16.ne (v128.load (local.get $one)) (v128.load (local.get $other))))
        (i32.sub (i32.shl (i32.const 1) (local.get $length)) (i32.const 1)))))

  ;; Where bytes of ASCII that stand for themselves inside a JSON string end, from `at` on and not behind `end`.
  (func $plainEnd (param $at i32) (param $end i32) (result i32)
    (local $block v128) (local $others i32)
    (block $done
      (loop $blocks
        (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $block (v128.load (local.get $at)))
        (local.set $others
          (i8x16.bitmask
            (v128.or
              ;; With a sign, what is no ASCII is below a space too.
              (i8x16.lt_s (local.get $block) (v128.const i8x16 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32 32))
              (v128.or
                (i8x16.eq (local.get $block) (v128.const i8x16 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34 34))
                (i8x16.eq (local.get $block) (v128.const i8x16 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92 92))))))
        (if (local.get $others)
          (then
            (local.set $at (i32.add (local.get $at) (i32.ctz (local.get $others))))
            (br $done)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $blocks)))
    (select (local.get $at) (local.get $end) (i32.lt_u (local.get $at) (local.get $end))))

  ;; Whether the bytes from `at` up to `end` are the cells, in order, and between each two `before`, an id and `after`.
  (func (export "isAsSent")
    (param $at i32) (param $end i32) (param $count i32) (param $cells i32) (param $places i32)
    (param $before i32) (param $beforeLength i32) (param $after i32) (param $afterLength i32)
    (result i32)
    (local $length i32) (local $id i32)
    (loop $records
      (local.set $length (i32.sub (i32.load offset=4 (local.get $places)) (i32.load (local.get $places))))
      (if (i32.gt_u (i32.add (local.get $at) (local.get $length)) (local.get $end))
        (then (return (i32.const 0))))
      (if
        (i32.eqz
          (call $isSame
            (local.get $at)
            (i32.add (local.get $cells) (i32.load (local.get $places)))
            (local.get $length)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (local.get $length)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (if (i32.eqz (local.get $count)) (then (return (i32.eq (local.get $at) (local.get $end)))))
      (local.set $places (i32.add (local.get $places) (i32.const 8)))

      (local.set $id (i32.add (local.get $at) (local.get $beforeLength)))
      (if (i32.gt_u (local.get $id) (local.get $end)) (then (return (i32.const 0))))
      (if (i32.eqz (call $isSame (local.get $at) (local.get $before) (local.get $beforeLength)))
        (then (return (i32.const 0))))
      (local.set $at (call $plainEnd (local.get $id) (local.get $end)))
      (if (i32.eq (local.get $at) (local.get $id)) (then (return (i32.const 0))))
      (if (i32.gt_u (i32.add (local.get $at) (local.get $afterLength)) (local.get $end))
        (then (return (i32.const 0))))
      (if (i32.eqz (call $isSame (local.get $at) (local.get $after) (local.get $afterLength)))
        (then (return (i32.const 0))))
      (local.set $at (i32.add (local.get $at) (local.get $afterLength)))
      (br $records))
    (unreachable))
)
