//! ZIP archives as XLSX files are (APPNOTE.TXT 6.3.10): deflated members, no dates of their own, so that the same content is
//! the same file.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Version 2.0 is needed for deflate.
const VERSION: u16 = 20;
/// Names are UTF-8.
const FLAGS: u16 = 0x0800;
const DEFLATED: u16 = 8;
/// 1980-01-01, the first day an archive knows.
const DATE: u16 = 0x0021;

/// An archive under construction.
#[derive(Default)]
pub struct Zip {
    out: Vec<u8>,
    directory: Vec<u8>,
    members: u16,
}

impl Zip {
    /// Adds a member. Reports are far below the 4 GiB that an archive of this form can hold.
    pub fn add(&mut self, name: &str, text: &str) {
        let mut crc = Crc::new();
        crc.update(text.as_bytes());
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        // Writing to a Vec cannot fail.
        let _ = encoder.write_all(text.as_bytes());
        let packed = encoder.finish().unwrap_or_default();
        let mut about = Vec::new();
        for short in [VERSION, FLAGS, DEFLATED, 0, DATE] {
            about.extend(short.to_le_bytes());
        }
        about.extend(crc.sum().to_le_bytes());
        about.extend(length(packed.len()));
        about.extend(length(text.len()));
        about.extend(u16::try_from(name.len()).unwrap_or(u16::MAX).to_le_bytes());
        about.extend(0_u16.to_le_bytes());
        let offset = length(self.out.len());
        self.out.extend(LOCAL.to_le_bytes());
        self.out.extend(&about);
        self.out.extend(name.as_bytes());
        self.out.extend(packed);
        self.directory.extend(CENTRAL.to_le_bytes());
        self.directory.extend(VERSION.to_le_bytes());
        self.directory.extend(&about);
        // No comment, first disk, no attributes.
        self.directory.extend([0; 10]);
        self.directory.extend(offset);
        self.directory.extend(name.as_bytes());
        self.members = self.members.saturating_add(1);
    }

    /// The archive.
    pub fn done(mut self) -> Vec<u8> {
        let offset = length(self.out.len());
        self.out.extend(&self.directory);
        self.out.extend(END.to_le_bytes());
        self.out.extend([0; 4]);
        self.out.extend(self.members.to_le_bytes());
        self.out.extend(self.members.to_le_bytes());
        self.out.extend(length(self.directory.len()));
        self.out.extend(offset);
        self.out.extend([0; 2]);
        self.out
    }
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn short(bytes: &[u8], at: usize) -> usize {
        usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()))
    }

    fn long(bytes: &[u8], at: usize) -> usize {
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn every_member_is_found_by_the_directory_and_comes_out_as_it_went_in() {
        let members = [("a.xml", "x".repeat(5_000)), ("中/b.xml", "文字".to_owned())];
        let mut zip = Zip::default();
        members.iter().for_each(|(name, text)| zip.add(name, text));
        let bytes = zip.done();
        let end = bytes.len() - 22;
        assert_eq!((long(&bytes, end) as u32, short(&bytes, end + 10)), (END, 2));
        let mut at = long(&bytes, end + 16);
        assert_eq!(at + long(&bytes, end + 12), end);
        for (name, text) in &members {
            assert_eq!(long(&bytes, at) as u32, CENTRAL);
            let named = short(&bytes, at + 28);
            assert_eq!(&bytes[at + 46..at + 46 + named], name.as_bytes());
            let (local, packed) = (long(&bytes, at + 42), long(&bytes, at + 20));
            let start = local + 30 + short(&bytes, local + 26);
            let mut read = String::new();
            flate2::read::DeflateDecoder::new(&bytes[start..start + packed])
                .read_to_string(&mut read)
                .unwrap();
            assert_eq!((&read, long(&bytes, at + 24)), (text, text.len()));
            at += 46 + named;
        }
    }
}
