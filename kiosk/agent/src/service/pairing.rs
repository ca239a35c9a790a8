//! Pairing at the screen: a kiosk without a certificate asks for the one-time code, typed or scanned, and uses it.
//!
//! There is no session yet. What devices say meanwhile is kept for the session that follows.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use pickup_protocol::kiosk::ApiError;
use pickup_session::{Action, Event};
use pickup_ui::UiCommand;
use pickup_ui::service::{CODE_LENGTH, CODE_LETTERS, Pairing as Page, ServiceAction};
use pickup_ui::view::{Display, Language, Screen, Text, View};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;

use crate::enrol::{EnrolError, enrol, is_code};
use crate::known::Known;
use crate::pulse::{Part, Pulse};

/// The watchdog hears of this loop so often.
const BEAT: Duration = Duration::from_secs(2);

/// What comes from the screen and the devices, and where the screen is.
#[derive(Debug)]
pub struct Surroundings {
    /// Events of devices, and touches of the frame's keys.
    pub happened: UnboundedReceiver<Event>,
    /// Touches of the keys of this page.
    pub keys: UnboundedReceiver<ServiceAction>,
    /// The screen.
    pub ui: Sender<UiCommand>,
    /// How it goes on, for whoever watches.
    pub pulse: Arc<Pulse>,
}

/// The pairing.
#[derive(Debug)]
pub struct Pairing {
    data_dir: PathBuf,
    page: Page,
    language: Language,
    display: Display,
    known: Known,
    answers: UnboundedSender<Result<(), EnrolError>>,
    answered: UnboundedReceiver<Result<(), EnrolError>>,
}

impl Pairing {
    /// A pairing with the backend at this address.
    #[must_use]
    pub fn new(data_dir: PathBuf, backend: String) -> Self {
        let (answers, answered) = unbounded_channel();
        let page = Page { backend, ..Page::default() };
        let (language, display) = (Language::Zh, Display::Normal);
        Self { data_dir, page, language, display, known: Known::default(), answers, answered }
    }

    /// Runs until the kiosk is paired, and says what devices said meanwhile; `None` when it was told to stop before.
    pub async fn pair(
        mut self,
        around: &mut Surroundings,
        stop: &mut watch::Receiver<bool>,
    ) -> Option<Known> {
        loop {
            around.pulse.beat();
            around.pulse.answered(Part::Journal);
            self.show(&around.ui);
            tokio::select! {
                event = around.happened.recv() => self.happened(event?),
                key = around.keys.recv() => self.key(key?),
                answer = self.answered.recv() => match answer? {
                    Ok(()) => return Some(self.known),
                    Err(error) => self.failed(&error),
                },
                () = tokio::time::sleep(BEAT) => {}
                _ = stop.wait_for(|stop| *stop) => return None,
            }
        }
    }

    fn show(&self, ui: &Sender<UiCommand>) {
        let screen = Screen::Pairing(self.page.clone());
        let view = View { language: self.language, display: self.display, screen, ..View::default() };
        // The screen's end ends the program elsewhere.
        let _ = ui.send(UiCommand::Show(Box::new(view)));
    }

    fn happened(&mut self, event: Event) {
        self.known.note(&event);
        match event {
            Event::Scanned(bytes) => self.scanned(&bytes),
            Event::Touched(Action::SwitchLanguage) => self.language = self.language.other(),
            Event::Touched(Action::SwitchDisplay) => {
                self.display = match self.display {
                    Display::Normal => Display::Large,
                    Display::Large => Display::LargeStrong,
                    Display::LargeStrong => Display::Normal,
                };
            }
            _ => {}
        }
    }

    fn scanned(&mut self, bytes: &[u8]) {
        if self.page.asking {
            return;
        }
        let text = String::from_utf8_lossy(bytes).trim().to_ascii_uppercase();
        if is_code(&text) {
            self.page.typed = text.chars().filter(char::is_ascii_alphanumeric).collect();
            self.ask();
        } else {
            self.page.problem = Some(words(&EnrolError::NoCode));
        }
    }

    fn key(&mut self, key: ServiceAction) {
        if self.page.asking {
            return;
        }
        self.page.problem = None;
        match key {
            ServiceAction::Letter(at) if self.page.typed.len() < CODE_LENGTH => {
                self.page.typed.extend(CODE_LETTERS.chars().nth(usize::from(at)));
            }
            ServiceAction::DeleteLetter => drop(self.page.typed.pop()),
            ServiceAction::ClearLetters => self.page.typed.clear(),
            ServiceAction::Pair => self.ask(),
            _ => {}
        }
    }

    fn ask(&mut self) {
        (self.page.asking, self.page.problem) = (true, None);
        let (data_dir, backend) = (self.data_dir.clone(), self.page.backend.clone());
        let (code, answers) = (self.page.typed.clone(), self.answers.clone());
        tokio::spawn(async move {
            let _ = answers.send(enrol(&data_dir, &backend, &code).await.map(drop));
        });
    }

    fn failed(&mut self, error: &EnrolError) {
        tracing::warn!(%error, "the kiosk is not paired");
        (self.page.asking, self.page.problem) = (false, Some(words(error)));
        // What was typed stays where another try with it can help.
        if !matches!(error, EnrolError::Unreachable(..)) {
            self.page.typed.clear();
        }
    }
}

/// Why it failed, for the person at the screen.
fn words(error: &EnrolError) -> Text {
    let (zh, en) = match error {
        EnrolError::NoCode => (
            "这不是一次性配对码：应有 32 位字母和数字。",
            "This is no one-time code: it has 32 letters and digits.",
        ),
        EnrolError::Address(_) => {
            ("设置里的后台地址不正确。", "The backend's address in the settings is none: put it right.")
        }
        EnrolError::Unreachable(..) => (
            "后台没有应答：请检查网络和后台地址。",
            "The backend does not answer: check the network and its address.",
        ),
        EnrolError::OtherBackend(_) => (
            "应答的不是生成此配对码的后台：请检查地址和配对码。",
            "This is not the backend that made the code: check the address and the code.",
        ),
        EnrolError::Refused(ApiError { message_zh, message_en, .. }) => {
            (message_zh.as_str(), message_en.as_str())
        }
        EnrolError::Answer(_) => {
            ("后台的应答无法使用：请稍后再试。", "The backend's answer cannot be used: try again later.")
        }
        EnrolError::Here(_) => (
            "密钥或证书无法保存：请检查本机磁盘。",
            "Key or certificate cannot be kept: check this kiosk's disk.",
        ),
    };
    Text::new(zh, en)
}

#[cfg(test)]
mod tests {
    use pickup_ui::glass::Glass;

    use super::*;

    fn pairing() -> Pairing {
        Pairing::new(std::env::temp_dir(), "https://127.0.0.1:1".into())
    }

    #[test]
    fn what_is_typed_stands_on_the_page_and_can_be_taken_back() {
        let mut pairing = pairing();
        for at in [10, 11, 31] {
            pairing.key(ServiceAction::Letter(at));
        }
        assert_eq!(pairing.page.typed, "ABZ");
        pairing.key(ServiceAction::DeleteLetter);
        assert_eq!(pairing.page.typed, "AB");
        (0..40).for_each(|_| pairing.key(ServiceAction::Letter(0)));
        assert_eq!(pairing.page.typed.len(), CODE_LENGTH);
        pairing.key(ServiceAction::ClearLetters);
        assert_eq!(pairing.page.typed, "");
    }

    #[test]
    fn a_scanned_ticket_or_badge_is_said_to_be_no_pairing_code() {
        let mut pairing = pairing();
        pairing.happened(Event::Scanned(b"BPL1WB20260005".to_vec()));
        assert!(!pairing.page.asking);
        assert!(pairing.page.problem.as_ref().unwrap().en.contains("no one-time code"));
        pairing.key(ServiceAction::Letter(1));
        assert_eq!(pairing.page.problem, None);
    }

    #[tokio::test]
    async fn a_backend_that_is_not_there_is_told_in_words_and_the_code_stays_for_another_try() {
        let mut pairing = pairing();
        let code = "0".repeat(CODE_LENGTH);
        pairing.happened(Event::Scanned(code.to_lowercase().into_bytes()));
        assert!(pairing.page.asking);
        pairing.key(ServiceAction::ClearLetters);
        let answer = pairing.answered.recv().await.unwrap();
        pairing.failed(&answer.unwrap_err());
        assert_eq!((pairing.page.asking, pairing.page.typed.as_str()), (false, code.as_str()));
        assert!(pairing.page.problem.as_ref().unwrap().en.contains("does not answer"));
    }

    /// What can be read once the page is shown.
    fn read(pairing: &Pairing, glass: &mut Glass) -> String {
        let (ui, commands) = std::sync::mpsc::channel();
        pairing.show(&ui);
        let Ok(UiCommand::Show(view)) = commands.recv() else { panic!("nothing is shown") };
        glass.show(*view).unwrap();
        glass.elements().into_iter().map(|element| element.label).collect::<Vec<_>>().join("\n")
    }

    fn press(pairing: &mut Pairing, glass: &mut Glass, label: &str) {
        read(pairing, glass);
        let touched = glass.press(label).unwrap_or_else(|| panic!("no button {label}"));
        let [pickup_ui::view::Action::Service(key)] = touched[..] else { panic!("{label} gave {touched:?}") };
        pairing.key(key);
    }

    #[tokio::test]
    async fn a_code_is_typed_by_the_names_of_the_keys_and_what_came_of_it_is_read() {
        let mut glass = Glass::new(1024, 600).unwrap();
        for (language, key, pair, failed) in [
            (Language::Zh, "按键 ", "配对本机", "后台没有应答"),
            (Language::En, "Key ", "Pair the kiosk", "The backend does not answer"),
        ] {
            let mut pairing = Pairing { language, ..pairing() };
            for letter in CODE_LETTERS.chars().take(CODE_LENGTH) {
                press(&mut pairing, &mut glass, &format!("{key}{letter}"));
            }
            press(&mut pairing, &mut glass, pair);
            let answer = pairing.answered.recv().await.unwrap();
            pairing.failed(&answer.unwrap_err());
            assert!(read(&pairing, &mut glass).contains(failed), "{language:?}");
        }
    }

    #[test]
    fn a_code_that_was_used_is_told_in_the_backends_words_and_must_be_typed_anew() {
        let mut pairing = pairing();
        pairing.page.typed = "0".repeat(CODE_LENGTH);
        let said = |zh: &str, en: &str| ApiError {
            code: "CODE_USED".into(),
            message_zh: zh.into(),
            message_en: en.into(),
        };
        pairing.failed(&EnrolError::Refused(said("用过", "used before")));
        assert_eq!(pairing.page.problem, Some(Text::new("用过", "used before")));
        assert_eq!(pairing.page.typed, "");
    }

    #[test]
    fn every_reason_is_in_both_languages_and_in_the_font() {
        let here = || anyhow::anyhow!("disk");
        let errors = [
            EnrolError::NoCode,
            EnrolError::Address(here()),
            EnrolError::OtherBackend(String::new()),
            EnrolError::Answer(String::new()),
            EnrolError::Here(here()),
        ];
        for text in errors.iter().map(words) {
            assert!(!text.zh.is_ascii() && text.en.is_ascii(), "{text:?}");
            assert_eq!(pickup_ui::missing_glyphs(&text.zh), Vec::<char>::new());
        }
    }
}
