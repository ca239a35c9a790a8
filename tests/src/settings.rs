//! The settings files of a product under test.

use std::fmt::Write as _;
use std::path::Path;

use pickup_server::scratch::Scratch;

/// Those of a backend: where shops and kiosks reach it, where customs is, its database.
#[must_use]
pub fn backend((shop, kiosk): (u16, u16), customs_port: u16, scratch: &Scratch) -> String {
    format!(
        "data_dir = \"backend\"\n\
         database = {:?}\n\
         console_listen = \"127.0.0.1:0\"\nplain_http = true\n\
         shop_listen = \"127.0.0.1:{}\"\n\
         kiosk_listen = \"127.0.0.1:{}\"\nkiosk_names = [\"10.0.2.2\"]\n\
         customs_url = \"http://127.0.0.1:{customs_port}\"\n\
         customs_poll_ms = 100\n\
         customs_retry_ms = 100\n",
        scratch.database.0, shop, kiosk
    )
}

/// What a backend has beside these when there is a payment company at `url`. The demo's merchant sells to phones, too, so that
/// its key shows their orders.
#[must_use]
pub fn payment(url: &str) -> String {
    format!(
        "\n[payment]\nprovider = \"sandbox\"\nurl = \"{url}\"\nkey_file = \"pay.key\"\n\
         [phone]\nmerchant = \"demo\"\n"
    )
}

/// Those of a kiosk in this folder, whose screen is shown at the bench.
#[must_use]
pub fn kiosk(dir: &Path, screen: &str) -> String {
    let mut text = format!("data_dir = {:?}\n", dir.join("kiosk"));
    for device in ["scanner", "idcard", "printer", "lock"] {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n[{device}]\nport = {:?}\n", dir.join("devices").join(device));
    }
    let _ = write!(text, "\n[bench]\nscreen = \"{screen}\"\n");
    text
}
