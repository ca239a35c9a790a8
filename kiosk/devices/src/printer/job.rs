//! The bytes of one slip, and what must follow when sending them was broken off.

use super::escpos::{
    Cut, INITIALIZE, PUSH_STATUS, RECOVER_AND_CLEAR, defuse, process_id_request, raster_head,
};
use super::text::{columns, encode};
use super::{PrintContent, PrintJob, PrintProgress, PrinterConfig, Raster};

/// Bytes of a band's head.
const HEAD: usize = 8;
/// The longest order within a text slip is that for a QR code.
const TEXT_BAND: usize = 600;

/// One slip as bytes.
#[derive(Debug)]
pub(super) struct JobBytes {
    pub(super) job: u64,
    pub(super) id: [u8; 4],
    pub(super) bytes: Vec<u8>,
    /// Where each band or line of text ends, and how many rows or lines are complete there.
    bands: Vec<(usize, u32)>,
    cut: Cut,
    cut_end: usize,
    /// None for text.
    row_bytes: Option<usize>,
}

impl JobBytes {
    /// `ask_completion`: let the printer say when it is done.
    pub(super) fn new(print: &PrintJob, id: [u8; 4], config: &PrinterConfig, ask_completion: bool) -> Self {
        let mut bytes = INITIALIZE.to_vec();
        // `ESC @` forgets the pushing of status.
        bytes.extend(PUSH_STATUS);
        let row_bytes = match &print.content {
            PrintContent::Raster(raster) => Some(usize::from(raster.row_bytes())),
            PrintContent::Text(_) => None,
        };
        let mut slip =
            Self { job: print.job, id, bytes, bands: Vec::new(), cut: config.cut, cut_end: 0, row_bytes };
        match &print.content {
            PrintContent::Raster(raster) => slip.put_raster(raster, config.band_rows),
            PrintContent::Text(lines) => slip.put_text(&encode(lines, columns(config.dots))),
        }
        slip.bytes.extend(config.cut.bytes());
        slip.cut_end = slip.bytes.len();
        if ask_completion {
            slip.bytes.extend(process_id_request(id));
        }
        slip
    }

    fn put_raster(&mut self, raster: &Raster, band_rows: u16) {
        let row_bytes = usize::from(raster.row_bytes());
        let mut rows_done = 0_u32;
        for band in bands_of(raster, band_rows) {
            let rows =
                u16::try_from(band.len().checked_div(row_bytes).unwrap_or_default()).unwrap_or(u16::MAX);
            let mut data = band.to_vec();
            defuse(&mut data);
            self.bytes.extend(raster_head(raster.row_bytes(), rows));
            self.bytes.extend(data);
            rows_done = rows_done.saturating_add(u32::from(rows));
            self.bands.push((self.bytes.len(), rows_done));
        }
    }

    fn put_text(&mut self, lines: &[Vec<u8>]) {
        for (line, count) in lines.iter().zip(1_u32..) {
            self.bytes.extend(line);
            self.bands.push((self.bytes.len(), count));
        }
    }

    /// How far the slip is when `sent` bytes were handed over.
    pub(super) fn progress(&self, sent: usize) -> PrintProgress {
        let rows_total = self.bands.last().map_or(0, |&(_, rows)| rows);
        let before = |&&(end, _): &&(usize, u32)| end <= sent;
        let whole_bands = self.bands.iter().take_while(before).last().map_or(0, |&(_, rows)| rows);
        let band_start = self.bands.iter().take_while(before).last().map_or(5, |&(end, _)| end);
        let within = sent.saturating_sub(band_start.saturating_add(HEAD));
        let within_rows = if whole_bands < rows_total {
            self.row_bytes.and_then(|row| within.checked_div(row))
        } else {
            None
        };
        let rows_sent = whole_bands
            .saturating_add(u32::try_from(within_rows.unwrap_or(0)).unwrap_or(u32::MAX))
            .min(rows_total);
        PrintProgress { rows_sent, rows_total, cut_sent: sent >= self.cut_end }
    }

    /// What is owed to the printer when sending stopped after `sent` bytes. See [`super::slip`] for the reasons.
    pub(super) fn leftovers(&self, sent: usize) -> Vec<u8> {
        let rows_end = self.bands.last().map_or(0, |&(end, _)| end);
        if sent >= rows_end {
            return self.bytes.get(sent..).unwrap_or_default().to_vec();
        }
        let mut bytes = RECOVER_AND_CLEAR.to_vec();
        // Up to the end of the band the printer takes whatever it is sent for picture data, or for a QR code's text.
        let band_end = self.bands.iter().map(|&(end, _)| end).find(|&end| end > sent).unwrap_or(sent);
        bytes.resize(bytes.len().saturating_add(band_end.saturating_sub(sent)), 0);
        if self.progress(sent).rows_sent > 0 {
            if self.row_bytes.is_none() {
                bytes.push(b'\n');
            }
            bytes.extend(self.cut.bytes());
        }
        bytes.extend(INITIALIZE);
        bytes.extend(PUSH_STATUS);
        bytes
    }
}

/// What is sent to a printer whose state is not known: an earlier process, or the line, may have died in the middle
/// of a band. Printers ignore zeros between orders. `cut`: when half a slip is known to be on the paper.
pub(super) fn start_up(dots: u16, band_rows: u16, cut: Option<Cut>) -> Vec<u8> {
    let band = usize::from(dots.div_ceil(8)).saturating_mul(usize::from(band_rows)).saturating_add(HEAD);
    let mut bytes = vec![0; band.max(TEXT_BAND)];
    bytes.extend(cut.map(Cut::bytes).unwrap_or_default());
    bytes.extend(INITIALIZE);
    bytes.extend(PUSH_STATUS);
    bytes
}

fn bands_of(raster: &Raster, band_rows: u16) -> std::slice::Chunks<'_, u8> {
    let band = usize::from(raster.row_bytes()).saturating_mul(usize::from(band_rows.max(1)));
    raster.rows().chunks(band.max(1))
}

#[cfg(test)]
mod tests {
    use super::super::text::{Align, Look, TextLine};
    use super::*;

    fn slip(rows: usize) -> JobBytes {
        let raster = Raster::new(16, vec![0xFF; rows * 2]).unwrap();
        let config = PrinterConfig { band_rows: 2, ..PrinterConfig::default() };
        JobBytes::new(&PrintJob::raster(7, raster), *b"@@@G", &config, true)
    }

    #[test]
    fn a_slip_is_start_bands_cut_and_question() {
        let expected = [
            &[0x1B, 0x40, 0x1D, 0x61, 0x0F][..],
            &[0x1D, 0x76, 0x30, 0x00, 2, 0, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF],
            &[0x1D, 0x76, 0x30, 0x00, 2, 0, 1, 0, 0xFF, 0xFF],
            &[0x1D, 0x56, 0x42, 0x00],
            &[0x1D, 0x28, 0x48, 0x06, 0x00, 0x30, 0x30, b'@', b'@', b'@', b'G'],
        ]
        .concat();
        assert_eq!(slip(3).bytes, expected);
    }

    #[test]
    fn progress_counts_whole_rows_and_sees_the_cut() {
        let job = slip(3);
        let rows = |sent| job.progress(sent).rows_sent;
        assert_eq!([0, 5, 13, 14, 15, 17, 25, 26, 27, 31].map(rows), [0, 0, 0, 0, 1, 2, 2, 2, 3, 3]);
        assert!(!job.progress(30).cut_sent && job.progress(31).cut_sent);
        assert_eq!(job.progress(0).rows_total, 3);
    }

    #[test]
    fn a_slip_broken_off_inside_a_band_is_filled_up_cut_off_and_forgotten() {
        let end = [&INITIALIZE[..], &PUSH_STATUS].concat();
        let expected = [&RECOVER_AND_CLEAR[..], &[0, 0], Cut::Partial.bytes(), &end].concat();
        assert_eq!(slip(3).leftovers(15), expected);
        let nothing_visible = [&RECOVER_AND_CLEAR[..], &[0, 0, 0, 0], &end].concat();
        assert_eq!(slip(3).leftovers(13), nothing_visible);
    }

    #[test]
    fn a_slip_whose_rows_are_all_sent_is_finished_instead() {
        let job = slip(3);
        for sent in 27..=job.bytes.len() {
            assert_eq!(job.leftovers(sent), job.bytes[sent..], "{sent}");
        }
    }

    #[test]
    fn a_text_slip_broken_off_ends_its_line_and_is_cut_off() {
        let line = |text: &str| TextLine::Text(text.into(), Align::Left, Look::default());
        let config = PrinterConfig { cut: Cut::Full, ..PrinterConfig::default() };
        let job = JobBytes::new(&PrintJob::text(7, vec![line("ONE"), line("TWO")]), *b"@@@G", &config, false);
        let expected =
            [&[0x1B, 0x40, 0x1D, 0x61, 0x0F, 0x1C, 0x26][..], b"ONE\nTWO\n", &[0x1D, 0x56, 0x41, 0x00]];
        assert_eq!(job.bytes, expected.concat());
        let end = [&INITIALIZE[..], &PUSH_STATUS].concat();
        let cut_off = [&RECOVER_AND_CLEAR[..], &[0, 0, 0], b"\n", Cut::Full.bytes(), &end].concat();
        assert_eq!((job.progress(12).rows_sent, job.leftovers(12)), (1, cut_off));
        assert_eq!(job.progress(8).rows_sent, 0);
    }
}
