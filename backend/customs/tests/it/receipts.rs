//! Receipts as ports write them.

use pickup_customs::{
    Amount, InventoryReturn, InvtCancelReturn, InvtRefundReturn, LogisticsReturn, LogisticsStatusReturn,
    MessageReturn, OrderReturn, PaymentReturn, Receipt, SIGNED_FOR, Status, TaxBill, TaxHeadRd,
    TaxHeadStatus, TaxListRd, TaxState, read_receipts, write_receipts,
};

use crate::sample;

pub fn one_of_each() -> Vec<Receipt> {
    let mut all = Vec::from(filed());
    all.extend(after_filing());
    all.extend(taxes());
    all
}

/// Receipts of waybill states and of applications to cancel and to return.
fn after_filing() -> [Receipt; 3] {
    let guid = sample::guid(5).to_string();
    let (return_status, return_time) = (Status::Concluded, sample::at().into());
    let return_info = "[Code:1800;Desc:逻辑校验通过]".to_owned();
    let (cop_no, invt_no) = ("BP2".to_owned(), INVT_NO.to_owned());
    let pre_no = Some("T20261121000000001".to_owned());
    [
        Receipt::WaybillStatus(LogisticsStatusReturn {
            guid: guid.clone(),
            logistics_code: "9901980003".to_owned(),
            logistics_no: "ZT1".to_owned(),
            logistics_status: SIGNED_FOR.to_owned(),
            return_status,
            return_time,
            return_info: return_info.clone(),
        }),
        Receipt::Cancel(InvtCancelReturn {
            guid: guid.clone(),
            customs_code: Some("9901".to_owned()),
            agent_code: Some("9901960011".to_owned()),
            ebp_code: None,
            ebc_code: None,
            cop_no: cop_no.clone(),
            pre_no: pre_no.clone(),
            invt_no: Some(invt_no.clone()),
            return_status,
            return_time,
            return_info: return_info.clone(),
        }),
        Receipt::Refund(InvtRefundReturn {
            guid: guid.clone(),
            customs_code: None,
            agent_code: None,
            ebp_code: Some("9901960001".to_owned()),
            ebc_code: Some("9901960002".to_owned()),
            cop_no,
            pre_no,
            invt_no: None,
            return_status,
            return_time,
            return_info,
        }),
    ]
}

const INVT_NO: &str = "99012026I000000001";

/// A tax bill and its state.
fn taxes() -> [Receipt; 2] {
    let guid = sample::guid(5).to_string();
    let (return_time, invt_no) = (sample::at().into(), INVT_NO.to_owned());
    let amount = |text: &str| text.parse().unwrap();
    [
        Receipt::TaxBill(TaxBill {
            head: TaxHeadRd {
                guid: guid.clone(),
                return_time,
                invt_no: invt_no.clone(),
                tax_no: "TX99012026I000000001".to_owned(),
                customs_tax: Amount::ZERO,
                value_added_tax: amount("36.38999"),
                consumption_tax: amount("0.00001"),
                status: TaxState::Generated,
                ent_duty_no: None,
                note: Some("已生成".to_owned()),
                assure_code: Some("9901960002".to_owned()),
                ebc_code: None,
                logistics_code: None,
                agent_code: Some("9901960011".to_owned()),
                customs_code: Some("9901".to_owned()),
            },
            lines: vec![
                TaxListRd {
                    gnum: 1,
                    gcode: "1901101010".parse().unwrap(),
                    tax_price: amount("399.8"),
                    customs_tax: Amount::ZERO,
                    value_added_tax: amount("36.38999"),
                    consumption_tax: amount("0.00001"),
                };
                2
            ],
        }),
        Receipt::TaxStatus(TaxHeadStatus {
            guid,
            return_time,
            invt_no,
            tax_no: "TX99012026I000000001".to_owned(),
            status: TaxState::Summarised,
            ent_duty_no: Some("990120261121000001".to_owned()),
            assure_code: None,
        }),
    ]
}

pub fn filed() -> [Receipt; 5] {
    let guid = sample::guid(5).to_string();
    let time = sample::at().into();
    let info = "[Code:2600;Desc:放行]".to_owned();
    [
        Receipt::Order(OrderReturn {
            guid: guid.clone(),
            ebp_code: "9901960001".to_owned(),
            ebc_code: "9901960002".to_owned(),
            order_no: "DD1".to_owned(),
            return_status: Status::Received,
            return_time: time,
            return_info: info.clone(),
        }),
        Receipt::Payment(PaymentReturn {
            guid: guid.clone(),
            pay_code: "9901960006".to_owned(),
            pay_transaction_id: "ZF1".to_owned(),
            return_status: Status::Received,
            return_time: time,
            return_info: info.clone(),
        }),
        Receipt::Logistics(LogisticsReturn {
            guid: guid.clone(),
            logistics_code: "9901980003".to_owned(),
            logistics_no: "ZT1".to_owned(),
            return_status: Status::Concluded,
            return_time: time,
            return_info: info.clone(),
        }),
        Receipt::Inventory(InventoryReturn {
            guid: guid.clone(),
            customs_code: Some("9901".to_owned()),
            ebp_code: Some("9901960001".to_owned()),
            ebc_code: None,
            agent_code: None,
            cop_no: "BP1".to_owned(),
            pre_no: Some("B20261121000000001".to_owned()),
            invt_no: Some("99012026I000000001".to_owned()),
            return_status: Status::Released,
            return_time: time,
            return_info: info,
        }),
        Receipt::Message(MessageReturn {
            guid,
            return_status: Status::Exception(-1),
            return_info: "报文格式错误".to_owned(),
            return_time: time,
            ori_cop_msg_id: "m1".to_owned(),
            ori_message_type: "CEB621Message".to_owned(),
            ori_biz_message: "<broken & \r\n".to_owned(),
        }),
    ]
}

#[test]
fn receipts_of_every_kind_read_back_as_written() {
    for receipt in one_of_each() {
        let both = if matches!(receipt, Receipt::Message(_)) {
            vec![receipt.clone()]
        } else {
            vec![receipt.clone(), receipt.clone()]
        };
        let xml = write_receipts(sample::guid(6).as_str(), &both).unwrap();
        let batch = read_receipts(xml.as_bytes()).unwrap();
        assert_eq!(batch.message_type, receipt.message_type());
        assert!(batch.unreadable.is_empty());
        match (&receipt, &batch.receipts[0]) {
            // Text is trimmed on the way in, so the quoted original may lose its outer white space.
            (Receipt::Message(_), Receipt::Message(read)) => {
                assert_eq!(read.ori_biz_message, "<broken &");
            }
            _ => assert_eq!(batch.receipts, both),
        }
    }
}

#[test]
fn receipts_of_different_kinds_do_not_share_a_message() {
    let [order, _, logistics, _, failed] = filed();
    assert!(write_receipts("x", &[order, logistics]).is_err());
    assert!(write_receipts("x", &[failed.clone(), failed]).is_err(), "CEB900 carries one");
    assert!(write_receipts("x", &[]).is_err());
}

#[test]
fn namespace_prefix_unknown_fields_and_white_space_do_not_matter() {
    let inside = |p: &str| {
        format!(
            "<{p}InventoryReturn><{p}guid> free text of any kind </{p}guid><{p}copNo>BP1</{p}copNo>\
             <{p}novelty><{p}deep>1</{p}deep></{p}novelty>\n<{p}returnTime>20230807101010</{p}returnTime>\
             <{p}returnStatus> 800 </{p}returnStatus><{p}returnInfo/></{p}InventoryReturn>"
        )
    };
    for xml in [
        format!("<CEB622Message>{}</CEB622Message>", inside("")),
        format!("<CEB622Message xmlns='http://www.chinaport.gov.cn/ceb'>{}</CEB622Message>", inside("")),
        format!("\u{FEFF}<q:CEB622Message xmlns:q='urn:other'>{}</q:CEB622Message>", inside("q:")),
    ] {
        let batch = read_receipts(xml.as_bytes()).unwrap();
        assert_eq!(batch.unreadable, []);
        let Receipt::Inventory(receipt) = &batch.receipts[0] else { panic!("{xml}") };
        assert_eq!(receipt.return_status, Status::Released);
        assert_eq!(receipt.guid, "free text of any kind");
        assert_eq!((receipt.pre_no.as_deref(), receipt.return_info.as_str()), (None, ""));
    }
}

#[test]
fn one_bad_receipt_does_not_hold_up_its_neighbours() {
    let [_, _, _, good, _] = filed();
    let xml = write_receipts(sample::guid(6).as_str(), &[good.clone(), good.clone()]).unwrap();
    let xml = xml.replacen("<returnStatus>800<", "<returnStatus>eight<", 1);
    let batch = read_receipts(xml.as_bytes()).unwrap();
    assert_eq!(batch.receipts, [good]);
    assert_eq!(
        batch.unreadable[0].to_string(),
        "InventoryReturn[1]/returnStatus cannot be read: a whole number is needed"
    );
}

#[test]
fn what_is_no_receipt_message_is_refused() {
    for xml in ["", "<x/>", "<CEB621Message/>", "<CEB622Message>", "<!DOCTYPE a><CEB622Message/>"] {
        assert!(read_receipts(xml.as_bytes()).is_err(), "{xml}");
    }
    assert!(read_receipts(&[0xFF, 0xFE]).is_err());
}
