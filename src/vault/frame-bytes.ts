import { byteRoom } from '../bytes/byte-room.js';
import { cellCount, regionOf, type PackedRecords } from '../record/packed-cells.js';
import { followingOf, type BodyFrame } from './body-frame.js';

/**
 * Makes bodies of cells that are bytes already: each is copied once, to where it stands in the request. Undefined where
 * there is no room for that: then they are made of strings.
 */
export function createByteFrame(frame: BodyFrame): (records: PackedRecords) => Buffer | undefined {
  const first = Buffer.from(frame.head + frame.opening);
  const middle = Buffer.from(frame.middle);
  const following = Buffer.from(followingOf(frame));
  const last = Buffer.from(frame.closing + frame.trailer);

  return ({ values, tokens }) => {
    const count = cellCount(values);
    const [valueRegion, tokenRegion] = [regionOf(values), regionOf(tokens)];
    const cells = valueRegion.bytes.length + tokenRegion.bytes.length;
    const places = values.places.byteLength + tokens.places.byteLength;
    const around = first.length + last.length + (count + 1) * (middle.length + following.length);
    if (byteRoom?.begin(2 * cells + places + around, 7) !== true) return undefined;
    const valuesAt = byteRoom.lay(valueRegion.bytes) - valueRegion.start;
    const tokensAt = byteRoom.lay(tokenRegion.bytes) - tokenRegion.start;
    const valuePlaces = byteRoom.layNumbers(values.places);
    const tokenPlaces = byteRoom.layNumbers(tokens.places);
    const middleAt = byteRoom.lay(middle);
    const followingAt = byteRoom.lay(following);
    const start = byteRoom.leave(cells + around);
    const end = byteRoom.work.frame(
      byteRoom.put(first, start),
      count,
      valuesAt,
      valuePlaces,
      tokensAt,
      tokenPlaces,
      middleAt,
      middle.length,
      followingAt,
      following.length,
    );
    return byteRoom.take(start, byteRoom.put(last, end));
  };
}
