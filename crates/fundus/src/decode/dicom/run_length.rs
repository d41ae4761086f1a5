//! Run-length compression (PS3.5, annex G): a header of 64 bytes, then one segment for each plane of bytes.

/// Segments that a header has room for.
const MOST_SEGMENTS: usize = 15;

/// Decodes as many segments as there must be, each of as many bytes; `None` where there are others, or fewer bytes.
pub(super) fn decode(stream: &[u8], segments: usize, length: usize) -> Option<Vec<Vec<u8>>> {
    let header = stream.get(..4 * (MOST_SEGMENTS + 1))?;
    let (numbers, _) = header.as_chunks();
    let number = |place: usize| Some(u32::from_le_bytes(*numbers.get(place)?) as usize);
    if number(0)? != segments {
        return None;
    }
    (1..=segments)
        .map(|segment| unpack(stream.get(number(segment)?..)?, length))
        .collect()
}

/// Bytes to be copied, or one to be repeated, and how often.
fn unpack(mut packed: &[u8], length: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while bytes.len() < length {
        let (&control, rest) = packed.split_first()?;
        let count = match control {
            0..=127 => usize::from(control) + 1,
            128 => 0,
            _ => 1,
        };
        let (own, after) = rest.split_at_checked(count)?;
        match own {
            [repeated] if control > 128 => {
                bytes.resize(bytes.len() + 257 - usize::from(control), *repeated);
            }
            _ => bytes.extend_from_slice(own),
        }
        packed = after;
    }
    bytes.truncate(length);
    Some(bytes)
}
