//! How receipts leave the port: gathered into messages, and with all that can go wrong on the way.

use jiff::{SignedDuration, Timestamp};

use crate::answers::{self, Answer, AnswerKind, Style};
use crate::course::Task;
use crate::port::{CourseEntry, Outgoing, Port};

/// Most receipts of one message.
const MOST: u16 = 100;
/// Most bytes of a huge one.
const HUGE_LIMIT: u32 = 16 * 1024 * 1024;

impl Port {
    /// Plans a receipt and writes it into the course of its document.
    pub(crate) fn schedule(&mut self, due: Timestamp, dxp_id: &str, answer: Answer) {
        let entry = CourseEntry {
            at: answer.at,
            message_type: answer.kind.message_type(),
            message: None,
            status: Some(answer.status),
            info: answer.info.clone(),
            answer: Some((dxp_id.to_owned(), answer.clone())),
        };
        self.course.entry(answer.key.clone()).or_default().push(entry);
        let what = format!("late {}", answer.status);
        let late = self.behaviour.hits(self.behaviour.late_permille, &answer.key, &what);
        let by = self.behaviour.wait_ms(self.behaviour.late_ms, &answer.key, &what);
        let late_due = due.checked_add(SignedDuration::from_millis(by)).unwrap_or(due);
        let due = if late { late_due } else { due };
        self.at(due, Task::Send { dxp_id: dxp_id.to_owned(), answer });
    }

    /// Sends every receipt about the documents of a message once more.
    pub(crate) fn replay(&mut self, at: Timestamp, number: u64) {
        let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        let Some(log) = index.and_then(|index| self.log.get(index)) else { return };
        let keys = log.documents.iter().map(|document| {
            if document.key.is_empty() { log.message_id.clone() } else { document.key.clone() }
        });
        let keys: std::collections::BTreeSet<String> = keys.collect();
        let entries = keys.iter().filter_map(|key| self.course.get(key)).flatten();
        let sent = entries.filter_map(|entry| entry.answer.clone()).filter(|(_, answer)| answer.at <= at);
        for (dxp_id, answer) in sent.collect::<Vec<_>>() {
            self.at(at, Task::Send { dxp_id, answer });
        }
    }

    /// Sends receipts, gathered into messages of one kind for one receiver.
    pub(crate) fn send(&mut self, ready: Vec<(String, Answer)>) {
        let most = usize::from(self.behaviour.batch.clamp(1, MOST));
        let mut messages: Vec<(String, Vec<Answer>)> = Vec::new();
        for (dxp_id, answer) in ready {
            let kind = answer.kind;
            let fits = |(to, answers): &&mut (String, Vec<Answer>)| {
                *to == dxp_id
                    && answers.len() < most
                    && answers.first().is_some_and(|first| first.kind == kind)
            };
            let open = messages.iter_mut().rev().find(fits);
            match open.filter(|_| most > 1 && kind != AnswerKind::Message) {
                Some((_, answers)) => answers.push(answer),
                None => messages.push((dxp_id, vec![answer])),
            }
        }
        for (dxp_id, answers) in messages {
            self.emit(&dxp_id, &answers);
        }
    }

    fn emit(&mut self, dxp_id: &str, answers: &[Answer]) {
        let Some(first) = answers.first() else { return };
        let kind = first.kind;
        let name = format!("{} {}", first.key, first.status);
        let b = &self.behaviour;
        let style = Style {
            lowercase_guid: b.hits(b.lowercase_guid_permille, &name, "lower case"),
            no_namespace: b.hits(b.no_namespace_permille, &name, "namespace"),
            unknown_elements: b.hits(b.unknown_elements_permille, &name, "elements"),
        };
        let doubled = b.duplicate_receipts && kind != AnswerKind::Message;
        let again = doubled || b.hits(b.duplicate_permille, &name, "twice");
        let garbled = b.hits(b.garbled_permille, &name, "garbled");
        let stray = b.hits(b.stray_permille, &name, "stray") && kind != AnswerKind::Message;
        let huge = b.hits(b.huge_permille, &name, "huge").then_some(b.huge_bytes.min(HUGE_LIMIT));
        let guid = answers::guid(self.next_serial());
        let body = if doubled {
            let doubled: Vec<Answer> = answers.iter().flat_map(|a| [a.clone(), a.clone()]).collect();
            answers::write(&guid, &doubled, style)
        } else {
            answers::write(&guid, answers, style)
        };
        let body = body.into_bytes();
        if garbled {
            self.push(dxp_id, kind, damaged(&body));
        }
        if stray {
            let text = answers::write(&guid, &[of_nobody(first)], style);
            self.push(dxp_id, kind, text.into_bytes());
        }
        if again {
            self.push(dxp_id, kind, body.clone());
        }
        self.push(dxp_id, kind, body);
        if let Some(bytes) = huge {
            self.push_huge(dxp_id, first.at, bytes);
        }
    }

    fn push_huge(&mut self, dxp_id: &str, at: Timestamp, bytes: u32) {
        let guid = answers::guid(self.next_serial());
        let mut answer = answers::for_message(("UNKNOWN", "Unknown"), guid.clone(), at, "3001", "系统错误");
        let filling = "0123456789ABCDEF".repeat(usize::try_from(bytes / 16).unwrap_or(0));
        for (name, value) in &mut answer.head {
            if *name == "oriBizMessage" {
                value.clone_from(&filling);
            }
        }
        let text = answers::write(&guid, &[answer], Style::default());
        self.push(dxp_id, AnswerKind::Message, text.into_bytes());
    }

    fn push(&mut self, dxp_id: &str, kind: AnswerKind, body: Vec<u8>) {
        let cursor = u64::try_from(self.outgoing.len()).unwrap_or(u64::MAX).saturating_add(1);
        let message_type = kind.message_type();
        self.outgoing.push(Outgoing { cursor, dxp_id: dxp_id.to_owned(), message_type, body });
    }
}

/// Cut in the middle, with a byte that is in no UTF-8 text.
fn damaged(body: &[u8]) -> Vec<u8> {
    let kept = body.len() / 3 * 2;
    body.iter().take(kept).copied().chain([0xFF]).collect()
}

/// The same receipt about a document that does not exist.
fn of_nobody(answer: &Answer) -> Answer {
    let mut stray = answer.clone();
    for (name, value) in &mut stray.head {
        let numbers = ["orderNo", "payTransactionId", "logisticsNo", "copNo", "preNo", "invtNo", "taxNo"];
        if numbers.contains(name) {
            *value = value.chars().rev().collect();
        }
    }
    stray
}
