//! The same pickup on devices as slow as real ones.

use anyhow::{Result, ensure};
use pickup_tests::pilot::Progress;
use pickup_tests::product::{self, Setup};

use crate::journey::{LIMIT, buyer, collector, parcel_in_locker};

#[tokio::test]
async fn a_pickup_succeeds_at_the_speed_of_real_devices() -> Result<()> {
    let setup = Setup { paced: true, ..Setup::quick(&product::fresh_dir("paced")?) };
    product::play_on(setup, async |product| {
        let (_, ticket) = parcel_in_locker(product, "SLOW00001").await?;
        let mut shopper = collector(product, &ticket, &buyer()?);
        ensure!(shopper.run(LIMIT).await? == Progress::Finished, "pages seen: {:?}", shopper.last_seen());
        ensure!(product.hands.original_slips().await? == 1, "not one slip");
        product.shop.until("SLOW00001", "/parcel/state", &["collected"], LIMIT).await.map(drop)
    })
    .await
}
