//! Envelopes of the exchange network (DXP): `DxpMsg`, which a terminal sends and gets, and `DxpMsgSv`, in which the
//! network's servers carry it. The business message lies inside as base64, untouched.
//!
//! Written by the terminal and transport schemas of 202205. Read by local name, in any order and with unknown elements
//! ignored; lengths are checked.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use roxmltree::Node;

use crate::field::{Fault, FieldError, check};
use crate::read::{ReadError, elements, local, own_text, quoted, tree, utf8};
use crate::time::Seconds;
use crate::write::{WriteError, XmlWriter};

mod fields;

use fields::{
    COP_MSG_ID, CREATED, ENCODE, END_NODE, FILE_NAME, IC_CARD, KEY, KEY_NAME, MSG_ID, MSG_TYPE, REC_MAP_ID,
    RECEIVER_ID, SENDER_ID, SENT, STA_NODE, SUB_MSG_ID, attribute, checked, child, count, counted, date_time,
    get, get_some, moment, put, put_some, started,
};

/// Namespace of all envelopes.
pub const DXP_NS: &str = "http://www.chinaport.gov.cn/dxp";
/// Most receivers of one envelope, and most business keys.
pub const REPEAT_LIMIT: usize = 5;

/// What a terminal hands to the network, or gets from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DxpMsg {
    /// Who sends what to whom.
    pub info: TransInfo,
    /// The business message as bytes, exactly as it was signed.
    pub data: Vec<u8>,
    /// What else is said about it.
    pub add: Option<AddInfo>,
}

/// Who sends what to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransInfo {
    /// The sender's own id of the message, 1 to 255 characters.
    pub cop_msg_id: String,
    /// Exchange id of the sender, 1 to 16 characters.
    pub sender_id: String,
    /// Exchange ids of the receivers, 1 to 5 of 1 to 16 characters.
    pub receiver_ids: Vec<String>,
    /// When the message was made.
    pub created: Seconds,
    /// Type of the business message, such as `CEB621Message`, at most 30 characters.
    pub msg_type: String,
}

/// What else is said about a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddInfo {
    /// Name of the original file, at most 255 characters.
    pub file_name: Option<String>,
    /// Number of the card, at most 13 characters.
    pub ic_card: Option<String>,
    /// Business keys, at most 5.
    pub biz_keys: Vec<BizKey>,
    /// Character set, when the data is text; at most 50 characters.
    pub encoding: Option<String>,
    /// Id of the conversion at the receiver.
    pub rec_map_id: Option<String>,
}

/// A business key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BizKey {
    /// Name, 1 to 32 characters.
    pub name: Option<String>,
    /// Value, 1 to 64 characters.
    pub value: String,
}

/// A message on its way between servers of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DxpMsgSv {
    /// What the servers say about it.
    pub server: SvNo,
    /// The terminal's message.
    pub message: DxpMsg,
}

/// What the network's servers say about a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SvNo {
    /// Id in the network: node (8) + time (14) + sequence (10).
    pub msg_id: String,
    /// One character that tells the copies for several receivers apart.
    pub sub_msg_id: Option<String>,
    /// When the first server took it.
    pub sent: Seconds,
    /// Server of the receiver, at most 8 characters.
    pub end_node: String,
    /// Server of the sender, at most 8 characters.
    pub sta_node: String,
}

impl DxpMsg {
    /// An envelope around `message` from one terminal to one receiver.
    #[must_use]
    pub fn new(
        cop_msg_id: &str,
        sender: &str,
        receiver: &str,
        at: Timestamp,
        msg_type: &str,
        data: Vec<u8>,
    ) -> Self {
        let info = TransInfo {
            cop_msg_id: cop_msg_id.to_owned(),
            sender_id: sender.to_owned(),
            receiver_ids: vec![receiver.to_owned()],
            created: at.into(),
            msg_type: msg_type.to_owned(),
        };
        Self { info, data, add: None }
    }

    /// Writes the envelope.
    ///
    /// # Errors
    /// The first field or count that breaks the schema.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        let mut out = started("DxpMsg");
        self.write_inside(&mut out)?;
        out.close("DxpMsg");
        Ok(out.finish())
    }

    /// Reads an envelope of either kind, and of the servers' kind what the terminal sent.
    ///
    /// # Errors
    /// The first thing that is missing or breaks a length.
    pub fn read(xml: &[u8]) -> Result<Self, ReadError> {
        let tree = tree(utf8(xml)?)?;
        let root = tree.root_element();
        match local(&root) {
            "DxpMsg" => Self::read_node(root),
            "DxpMsgSv" => Self::read_node(child(root, "DxpMsgSv", "DxpMsg")?),
            other => Err(ReadError::Root(quoted(other))),
        }
    }

    fn write_inside(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        self.info.write(out)?;
        out.open("Data");
        out.raw(&BASE64.encode(&self.data));
        out.close("Data");
        self.add.as_ref().map_or(Ok(()), |add| add.write(out))
    }

    fn read_node(node: Node<'_, '_>) -> Result<Self, ReadError> {
        let data = child(node, "DxpMsg", "Data")?;
        let base64: String = own_text(data).split_ascii_whitespace().collect();
        let fault = Fault::Value("base64 is needed");
        let data = BASE64.decode(base64).map_err(|_| FieldError::new("DxpMsg", "Data", fault))?;
        let add = elements(node).find(|node| local(node) == "AddInfo").map(AddInfo::read).transpose()?;
        Ok(Self { info: TransInfo::read(child(node, "DxpMsg", "TransInfo")?)?, data, add })
    }
}

impl DxpMsgSv {
    /// Writes the envelope.
    ///
    /// # Errors
    /// The first field or count that breaks the schema.
    pub fn to_xml(&self) -> Result<String, WriteError> {
        let mut out = started("DxpMsgSv");
        self.server.write(&mut out)?;
        out.raw("<dxp:DxpMsg ver=\"1.0\">");
        self.message.write_inside(&mut out)?;
        out.close("DxpMsg");
        out.close("DxpMsgSv");
        Ok(out.finish())
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// The first thing that is missing or breaks a length.
    pub fn read(xml: &[u8]) -> Result<Self, ReadError> {
        let tree = tree(utf8(xml)?)?;
        let root = tree.root_element();
        if local(&root) != "DxpMsgSv" {
            return Err(ReadError::Root(quoted(local(&root))));
        }
        let message = DxpMsg::read_node(child(root, "DxpMsgSv", "DxpMsg")?)?;
        Ok(Self { server: SvNo::read(child(root, "DxpMsgSv", "SvNo")?)?, message })
    }
}

impl TransInfo {
    fn write(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        const ELEMENT: &str = "TransInfo";
        counted("ReceiverId", self.receiver_ids.len())?;
        out.open(ELEMENT);
        put(out, ELEMENT, COP_MSG_ID, &self.cop_msg_id)?;
        put(out, ELEMENT, SENDER_ID, &self.sender_id)?;
        out.open("ReceiverIds");
        for receiver in &self.receiver_ids {
            put(out, ELEMENT, RECEIVER_ID, receiver)?;
        }
        out.close("ReceiverIds");
        put(out, ELEMENT, CREATED, &date_time(self.created))?;
        put(out, ELEMENT, MSG_TYPE, &self.msg_type)?;
        out.close(ELEMENT);
        Ok(())
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        const ELEMENT: &str = "TransInfo";
        let receivers = child(node, ELEMENT, "ReceiverIds")?;
        let receivers = elements(receivers).filter(|node| local(node) == RECEIVER_ID.name);
        let receiver_ids = receivers.map(|node| checked(ELEMENT, RECEIVER_ID, own_text(node)));
        let receiver_ids = receiver_ids.collect::<Result<Vec<_>, _>>()?;
        count("ReceiverId", "ReceiverIds", receiver_ids.len())?;
        Ok(Self {
            cop_msg_id: get(node, ELEMENT, COP_MSG_ID)?,
            sender_id: get(node, ELEMENT, SENDER_ID)?,
            receiver_ids,
            created: moment(node, ELEMENT, CREATED)?,
            msg_type: get(node, ELEMENT, MSG_TYPE)?,
        })
    }
}

impl AddInfo {
    fn write(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        const ELEMENT: &str = "AddInfo";
        out.open(ELEMENT);
        put_some(out, ELEMENT, FILE_NAME, self.file_name.as_deref())?;
        put_some(out, ELEMENT, IC_CARD, self.ic_card.as_deref())?;
        if !self.biz_keys.is_empty() {
            counted("Key", self.biz_keys.len())?;
            out.open("BizKey");
            for key in &self.biz_keys {
                check(ELEMENT, KEY.name, KEY.rule, &key.value)?;
                out.raw("<dxp:Key");
                attribute(out, ELEMENT, KEY_NAME, key.name.as_deref())?;
                out.raw(">");
                out.escaped(&key.value);
                out.close("Key");
            }
            out.close("BizKey");
        }
        if self.encoding.is_some() {
            out.raw("<dxp:IsText");
            attribute(out, ELEMENT, ENCODE, self.encoding.as_deref())?;
            out.raw("></dxp:IsText>");
        }
        put_some(out, ELEMENT, REC_MAP_ID, self.rec_map_id.as_deref())?;
        out.close(ELEMENT);
        Ok(())
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        const ELEMENT: &str = "AddInfo";
        let keys = elements(node).filter(|node| local(node) == "BizKey").flat_map(elements);
        let keys = keys.filter(|node| local(node) == KEY.name).map(|key| {
            let name = key.attribute(KEY_NAME.name).map(|name| checked(ELEMENT, KEY_NAME, name.to_owned()));
            let value = checked(ELEMENT, KEY, own_text(key))?;
            Ok::<_, FieldError>(BizKey { name: name.transpose()?, value })
        });
        let biz_keys = keys.collect::<Result<Vec<_>, _>>()?;
        if !biz_keys.is_empty() {
            count("Key", "BizKey", biz_keys.len())?;
        }
        let is_text = elements(node).find(|node| local(node) == "IsText");
        let encoding = is_text.and_then(|node| node.attribute(ENCODE.name));
        Ok(Self {
            file_name: get_some(node, ELEMENT, FILE_NAME)?,
            ic_card: get_some(node, ELEMENT, IC_CARD)?,
            biz_keys,
            encoding: encoding.map(|name| checked(ELEMENT, ENCODE, name.to_owned())).transpose()?,
            rec_map_id: get_some(node, ELEMENT, REC_MAP_ID)?,
        })
    }
}

impl SvNo {
    fn write(&self, out: &mut XmlWriter) -> Result<(), WriteError> {
        const ELEMENT: &str = "SvNo";
        out.raw("<dxp:SvNo Ver=\"1.0\">");
        put(out, ELEMENT, MSG_ID, &self.msg_id)?;
        put_some(out, ELEMENT, SUB_MSG_ID, self.sub_msg_id.as_deref())?;
        put(out, ELEMENT, SENT, &date_time(self.sent))?;
        put(out, ELEMENT, END_NODE, &self.end_node)?;
        put(out, ELEMENT, STA_NODE, &self.sta_node)?;
        out.close(ELEMENT);
        Ok(())
    }

    fn read(node: Node<'_, '_>) -> Result<Self, ReadError> {
        const ELEMENT: &str = "SvNo";
        Ok(Self {
            msg_id: get(node, ELEMENT, MSG_ID)?,
            sub_msg_id: get_some(node, ELEMENT, SUB_MSG_ID)?,
            sent: moment(node, ELEMENT, SENT)?,
            end_node: get(node, ELEMENT, END_NODE)?,
            sta_node: get(node, ELEMENT, STA_NODE)?,
        })
    }
}
