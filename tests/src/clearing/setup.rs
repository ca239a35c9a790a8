//! Databases to measure on: the demo's data with more stock and guarantee than any run can use.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};
use pickup_customs::Signer as _;
use pickup_server::App;
use pickup_server::config::Config;
use pickup_server::db::{Conn, Engine};
use pickup_server::scratch::Scratch;
use pickup_server::shop::Shop;
use pickup_server::store::{Source, StoreError};

use crate::ports;
use crate::program::{self, Program};
use crate::shop::Shop as Client;

/// A database with plenty of everything.
pub struct Bed {
    /// Its folder.
    pub dir: PathBuf,
    /// Its database.
    pub source: Source,
    scratch: Scratch,
}

impl Bed {
    /// Makes one.
    ///
    /// # Errors
    /// When the database cannot be made.
    pub async fn new(dir: &Path, engine: Engine, cluster: Option<&str>) -> Result<Self> {
        let scratch = match engine {
            Engine::Sqlite => Scratch::file(),
            Engine::Postgres => {
                Scratch::on(cluster.context("PostgreSQL is measured in a cluster; name it")?)?
            }
        };
        let data = dir.join("backend");
        let source = scratch.source(&data);
        let bed = Self { dir: dir.to_owned(), source, scratch };
        let shop = bed.shop().await?;
        shop.app
            .store
            .write(|tx| {
                tx.execute("UPDATE account SET lim = ?1", [i64::MAX / 4])?;
                // As opening balances, taken after what the trail tells of.
                tx.execute("DELETE FROM book_entry WHERE cell = {cell}", [])?;
                tx.execute(
                    "INSERT INTO book_entry (cell, key, seq, kind, quantity, document, at_us)
                     SELECT cell, key, 1, 'opening', lim, '', 0 FROM account WHERE cell = {cell} AND kind = 'stock'",
                    [],
                )?;
                Ok::<_, StoreError>(())
            })
            .await?;
        Ok(bed)
    }

    /// The backend's own parts on it, in this process.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn shop(&self) -> Result<Arc<Shop>> {
        let config = Config {
            data_dir: self.dir.join("backend"),
            database: self.scratch.database.clone(),
            ..Config::default()
        };
        let app = App::open(config, pickup_server::app::system_clock())?;
        Ok(Shop::open(app).await?)
    }

    /// Starts the customs simulator, which answers as fast as it can and knows nothing of other purchases.
    ///
    /// # Errors
    /// With its log when it does not start.
    pub async fn customs(&self) -> Result<(Program, u16)> {
        let port = ports::free()?;
        let dir = self.dir.join("customs");
        std::fs::create_dir_all(&dir)?;
        let certificate = self.dir.join("backend/customs-cert.pem");
        let shop = self.shop().await?;
        std::fs::write(&certificate, shop.signer.certificate().to_pem())?;
        let words = words(&[
            "--dir",
            &dir.display().to_string(),
            "--listen",
            &format!("127.0.0.1:{port}"),
            "--step-ms",
            "0",
            "--trust",
            &certificate.display().to_string(),
        ]);
        let log = self.dir.join("customs.log");
        Ok((Program::start("pickup-customs-sim", &words, &log).await?, port))
    }

    /// How many declarations customs has released.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn released(&self, shop: &Shop) -> Result<usize> {
        let count: i64 = shop
            .app
            .store
            .read(|conn| {
                let sql = "SELECT COUNT(*) FROM parcel WHERE cell = {cell} AND state = 'ready'";
                Ok::<_, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
            })
            .await?;
        Ok(usize::try_from(count)?)
    }

    /// Whether the books are right and hold exactly so many orders, each cleared once.
    ///
    /// # Errors
    /// With what is wrong.
    pub async fn verify(&self, orders: usize) -> Result<()> {
        let config = self.dir.join("backend.toml").display().to_string();
        program::output_of("pickup-backend", &words(&["verify", "--config", &config])).await?;
        let shop = self.shop().await?;
        let count: i64 = shop
            .app
            .store
            .read(|conn| {
                let sql = "SELECT COUNT(*) FROM orders WHERE cell = {cell}";
                Ok::<_, StoreError>(conn.query_row(sql, [], |row| row.get(0))?)
            })
            .await?;
        anyhow::ensure!(
            usize::try_from(count) == Ok(orders),
            "{orders} orders were asked, {count} are there"
        );
        Ok(())
    }

    /// A connection that writes.
    ///
    /// # Errors
    /// When there is none.
    pub fn connect(&self) -> Result<Conn> {
        Ok(self.source.connect()?)
    }

    /// Starts the backend on it; its address without scheme, a client with a key, and the key.
    ///
    /// # Errors
    /// With its log when it does not start.
    pub async fn serve(&self, customs: Option<u16>) -> Result<(Program, String, Client, String)> {
        let (shop, kiosk) = (ports::free()?, ports::free()?);
        let settings = format!(
            "data_dir = \"backend\"\ndatabase = {:?}\nconsole_listen = \"127.0.0.1:0\"\nshop_listen = \"127.0.0.1:{shop}\"\n\
             kiosk_listen = \"127.0.0.1:{kiosk}\"\ncustoms_url = \"http://127.0.0.1:{}\"\ncustoms_poll_ms = 20\n\
             customs_enabled = {}\n\
             [shop_api]\nrate_per_minute = 0\n",
            self.scratch.database.0,
            customs.unwrap_or(9),
            customs.is_some()
        );
        let file = self.dir.join("backend.toml");
        std::fs::write(&file, settings)?;
        let config = file.display().to_string();
        program::output_of("pickup-backend", &words(&["init", "--demo", "--config", &config])).await?;
        let key = std::fs::read_to_string(self.dir.join("backend/shop-api-key.txt"))?.trim().to_owned();
        let arguments = words(&["serve", "--config", &config]);
        let backend = Program::start("pickup-backend", &arguments, &self.dir.join("backend.log")).await?;
        let address = format!("127.0.0.1:{shop}");
        let client = Client::at(&format!("http://{address}"), &key)?;
        Ok((backend, address, client, key))
    }
}

fn words(all: &[&str]) -> Vec<OsString> {
    all.iter().map(OsString::from).collect()
}
