"use strict";
// Every word of the page that is not in index.html, as [Chinese, English].
const FAULTS = {
  scanner: [["扫码器", "Scanner"], {
    silent: ["什么也读不到", "reads nothing"], noise: ["每个码前有杂码", "noise before each code"], double: ["每个码发两次", "sends each code twice"],
    late_ack: ["应答迟到", "acknowledges late"], no_terminator: ["码后没有结束符", "no terminator after a code"] }],
  idcard: [["读卡器", "Card reader"], {
    silent: ["无应答", "silent"], read_failed: ["读卡失败 (41)", "read failed (41)"], auth_failed: ["卡不认读卡器 (31)", "card refuses the reader (31)"],
    reader_refused_card: ["读卡器不认卡 (32)", "reader refuses the card (32)"], not_verified: ["卡验证失败 (33)", "card not verified (33)"],
    wrong_card: ["卡类型不对 (40)", "another kind of card (40)"], random_failed: ["取随机数失败 (47)", "no random number (47)"],
    self_test_failed: ["安全模块自检失败 (60)", "security module's test fails (60)"], not_authorised: ["安全模块未授权 (66)", "security module not authorised (66)"],
    select_failed: ["选卡失败 (81)", "card found, not selected (81)"], no_such_item: ["卡内无此项 (91)", "nothing to read (91)"],
    bad_checksum: ["报告校验和错 (10)", "says: bad checksum (10)"], bad_length: ["报告长度错 (11)", "says: bad length (11)"], bad_command: ["报告命令错 (21)", "says: bad command (21)"],
    unknown: ["未知错误 (24)", "an error without a name (24)"], damaged: ["读出的内容损坏", "what was read is damaged"], bad_text: ["证件号码不成立", "the number is none"], stays: ["读后卡仍被找到", "card stays found after reading"] }],
  printer: [["打印机", "Printer"], {
    paper_out: ["缺纸", "out of paper"], paper_out_mid: ["下一张打到一半缺纸", "runs out in the next slip"], near_end: ["纸将尽", "paper near its end"],
    cover_open: ["上盖打开", "cover open"], cutter_error: ["切刀卡住", "cutter stuck"], head_hot: ["打印头过热", "head too hot"], offline: ["脱机", "offline"],
    recoverable_error: ["可恢复的错误", "error that can be cleared"], unrecoverable_error: ["需要维修的错误", "error for service"], silent: ["无应答", "silent"] }],
  lock: [["锁控板", "Lock board"], {
    stuck_closed: ["门打不开", "doors stay shut"], stuck_open: ["门总是读作打开", "doors read open"], silent: ["无应答", "silent"], refuses: ["拒绝开锁", "refuses to open"],
    never_acknowledges: ["开锁不应答", "no acknowledgement"], wrong_polarity: ["触点接反", "contacts the other way round"], bounced_contact: ["触点抖动", "contact bounces"],
    echo: ["转换器回显", "adapter echoes"], late_frame: ["应答迟到", "answers late"], garbage_before: ["应答前杂码", "noise before answers"],
    garbage_after: ["应答后杂码", "noise after answers"], garbage_inside: ["应答中杂码", "noise inside answers"], unplug: ["应答中途拔线", "unplugged amid an answer"] }],
};
const WIRES = {
  late: ["迟到 0.9 秒", "0.9 s late"], garbage_before: ["前有杂码", "noise before"], garbage_after: ["后有杂码", "noise after"], garbage_inside: ["中间杂码", "noise inside"],
  pieces: ["分成小段", "in small pieces"], cut: ["丢失后半段", "second half lost"], unplug_mid: ["下一次中途拔线", "unplugged amid the next"],
};
const SCANNERS = { gm65: ["GM65 类", "GM65 kind"], newland: ["按命令读（Newland）", "reads when told (Newland)"], honeywell: ["按命令读（Honeywell）", "reads when told (Honeywell)"], lines: ["只发送", "only sends"] };
const PRINTER = { gs_h: ["能确认已打印", "confirms what is printed"], asb: ["主动报状态", "pushes its status"], clears: ["缺纸时丢弃缓存", "forgets when paper is out"] };
const KINDS = {
  scan: ["扫码", "code scanned"], card_laid: ["放上身份证", "card laid"], card_lifted: ["拿走身份证", "card lifted"], card_read: ["读卡", "card read"],
  frame: ["屏幕", "screen"], touch: ["触摸", "touch"], pulse: ["开锁脉冲", "lock pulse"], door_opened: ["门开", "door open"], door_closed: ["门关", "door shut"],
  slip: ["出票", "slip printed"], fault: ["故障开关", "fault"], scanner: ["换扫码器", "other scanner"], printer: ["换打印机", "other printer"],
  screen_connected: ["柜机屏幕接入", "screen connected"], screen_lost: ["柜机屏幕断开", "screen lost"],
};
// What the person before the kiosk does next, by the page it shows.
const NEXT = {
  idle: ["点一个码就是扫码：先用员工卡和面单把包裹放进柜，再用提货码取货。", "Click a code to scan it: badge and label put a parcel in, the ticket collects it."],
  present_card: ["在读卡区放上购买人的身份证。", "Lay the buyer's ID card on the reader."],
  review: ["核对后在屏幕上确认。", "Check, then confirm on the screen."],
  take_goods: ["柜门开了：取货，然后点“关门”。", "The door is open: take the goods, then click “Close”."],
  staff_home: ["扫面单放包裹；完成后离开员工模式。", "Scan a label to put a parcel in; leave staff mode when done."],
  staff_place: ["柜门开了：放入包裹，然后点“关门”。", "The door is open: put the parcel in, then click “Close”."],
  printer_trouble: ["打印机有故障：在下面改为“正常”就继续。", "The printer is in trouble: set it to “works” below and it goes on."],
  refused: ["柜机说明了原因；按屏幕上的键返回。", "The kiosk says why; press the key on its screen to go back."],
  out_of_service: ["柜机停止服务：看看哪个设备有故障。", "Out of service: see which device is broken."],
};
