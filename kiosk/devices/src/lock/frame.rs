//! Looking for frames in what came from a line: they may stand amid noise, in pieces, behind an echo.

/// A xor over all bytes.
pub(super) fn xor(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum ^ byte)
}

/// Takes the first copy of `request` out of what was received: exactly what an echoing adapter put there.
pub(super) fn remove_echo(received: &mut Vec<u8>, request: &[u8]) -> bool {
    let found = received.windows(request.len().max(1)).position(|window| window == request);
    let Some(start) = found else { return false };
    received.drain(start..start.saturating_add(request.len()));
    true
}

/// Every rest of what was received that begins with `head`.
pub(super) fn beginning_with<'a>(
    received: &'a [u8],
    head: &'static [u8],
) -> impl Iterator<Item = &'a [u8]> + 'a {
    (0..received.len()).filter_map(move |start| received.get(start..).filter(|rest| rest.starts_with(head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_one_echo_is_taken_out() {
        let request = [0x80, 0x01, 0x00, 0x33, 0xB2];
        let mut received = [&[0xFF][..], &request, &request].concat();
        assert!(remove_echo(&mut received, &request));
        assert_eq!(received, [&[0xFF][..], &request].concat());
        assert!(!remove_echo(&mut vec![0x80, 0x01, 0x00, 0x33], &request));
    }
}
