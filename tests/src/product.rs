//! The whole product in a folder of its own: customs simulator, simulated devices, backend and kiosk.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use pickup_server::scratch::Scratch;
use serde_json::{Value, json};

use crate::hands::Hands;
use crate::people;
use crate::ports;
use crate::program::{self, Program};
use crate::recorder::Recorder;
use crate::settings;
use crate::shop::Shop;
use crate::wait::PATIENCE;

mod parts;

/// The kiosk's name in the demo and the tests.
pub const KIOSK: &str = "K1";

/// How the product is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Where everything is kept.
    pub dir: PathBuf,
    /// Time between two steps of the customs simulator, in milliseconds.
    pub customs_step_ms: u32,
    /// Devices as slow as real ones.
    pub paced: bool,
    /// Keep a picture of every page the kiosk shows.
    pub recorded: bool,
    /// Show the kiosk's own window too.
    pub window: bool,
    /// With kiosk and devices; without them the backend can be tried alone.
    pub with_kiosk: bool,
    /// Where the bench page is; `None` takes any free port.
    pub bench_port: Option<u16>,
    /// With a payment company, so that shoppers can pay with their phones; money that goes back goes through it.
    pub with_payment: bool,
}

impl Setup {
    /// As the tests want it: quick customs, devices that take no time.
    #[must_use]
    pub fn quick(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            customs_step_ms: 20,
            paced: false,
            recorded: false,
            window: false,
            with_kiosk: true,
            bench_port: None,
            with_payment: false,
        }
    }
}

/// The running product. Dropped, all its processes end.
pub struct Product {
    setup: Setup,
    ports: Ports,
    customs: Option<Program>,
    payment: Option<Program>,
    devices: Option<Program>,
    pub(crate) backend: Option<Program>,
    kiosk: Option<Program>,
    /// The bench.
    pub hands: Hands,
    /// A shop with the demo's API key.
    pub shop: Shop,
    /// What a member of staff scans to enter staff mode.
    pub badge: String,
    /// The pages shown, when asked for.
    pub recorder: Option<Recorder>,
    /// The backend's database, when it is not a file beside the rest.
    _scratch: Scratch,
}

struct Ports {
    shop: u16,
    kiosk: u16,
}

impl Product {
    /// Makes the data and starts everything up to a kiosk that waits for a shopper.
    ///
    /// # Errors
    /// With the log of what did not start.
    pub async fn start(setup: Setup) -> Result<Self> {
        fs::create_dir_all(setup.dir.join("kiosk"))?;
        let ports = Ports { shop: ports::free()?, kiosk: ports::free()? };
        let customs_port = ports::free()?;
        let scratch = Scratch::by_environment()?;
        fs::write(
            setup.dir.join("backend.toml"),
            settings::backend((ports.shop, ports.kiosk), customs_port, &scratch),
        )?;
        program::output_of(
            "pickup-backend",
            &words(["init", "--demo", "--config"], &setup.dir.join("backend.toml")),
        )
        .await
        .context("the demo data could not be made")?;
        let customs = parts::customs(&setup, customs_port).await?;
        let payment = parts::payment(&setup).await?;
        let (devices, hands, recorder) = parts::bench(&setup).await?;
        let read = |name: &str| read_made(&setup.dir.join("backend").join(name));
        let (key, badge) = (read("shop-api-key.txt")?, read("staff-badge.txt")?);
        let hands = hands.with_pin(read("staff-pin.txt")?);
        let shop = Shop::at(&format!("http://127.0.0.1:{}", ports.shop), &key)?;
        let (customs, backend, kiosk) = (Some(customs), None, None);
        let mut product = Self {
            setup,
            ports,
            customs,
            payment,
            devices,
            backend,
            kiosk,
            hands,
            shop,
            badge,
            recorder,
            _scratch: scratch,
        };
        product.tell_customs_of_purchases().await?;
        product.start_backend().await?;
        if product.setup.with_kiosk {
            product.enrol().await?;
            product.start_kiosk().await?;
            product.hands.until_screen(&["idle"], PATIENCE).await?;
        }
        Ok(product)
    }

    /// The folder everything is kept in.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.setup.dir
    }

    /// Where shops reach the backend.
    #[must_use]
    pub fn shop_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports.shop)
    }

    /// Where kiosks reach the backend.
    #[must_use]
    pub fn kiosk_url(&self) -> String {
        format!("https://127.0.0.1:{}", self.ports.kiosk)
    }

    /// Starts the backend on its ports and data.
    ///
    /// # Errors
    /// With its log when it is not ready.
    pub async fn start_backend(&mut self) -> Result<()> {
        let arguments = words(["serve", "--config"], &self.path("backend.toml"));
        self.backend = Some(Program::start("pickup-backend", &arguments, &self.log("backend")).await?);
        Ok(())
    }

    /// Cuts the backend's power.
    ///
    /// # Errors
    /// When it could not be killed.
    pub async fn kill_backend(&mut self) -> Result<()> {
        match self.backend.take() {
            Some(backend) => backend.kill().await,
            None => Ok(()),
        }
    }

    /// Starts the kiosk on its data and devices.
    ///
    /// # Errors
    /// With its log when it is not ready.
    pub async fn start_kiosk(&mut self) -> Result<()> {
        let mut arguments = words(["run", "--config"], &self.path("kiosk.toml"));
        if self.setup.window {
            arguments.push("--window".into());
        }
        self.kiosk = Some(Program::start("pickup-kiosk", &arguments, &self.log("kiosk")).await?);
        Ok(())
    }

    /// Cuts the kiosk's power.
    ///
    /// # Errors
    /// When it could not be killed.
    pub async fn kill_kiosk(&mut self) -> Result<()> {
        let Some(kiosk) = self.kiosk.take() else { return Ok(()) };
        kiosk.kill().await
    }

    /// The kiosk's process.
    pub fn kiosk_id(&self) -> Option<u32> {
        self.kiosk.as_ref()?.id()
    }

    /// The backend's process.
    pub fn backend_id(&self) -> Option<u32> {
        self.backend.as_ref()?.id()
    }

    /// Checks that every process still runs.
    ///
    /// # Errors
    /// Naming the one that ended by itself.
    pub fn check(&mut self) -> Result<()> {
        let all =
            [&mut self.customs, &mut self.payment, &mut self.devices, &mut self.backend, &mut self.kiosk];
        all.into_iter().flatten().try_for_each(Program::check)
    }

    /// The trail as JSON lines.
    ///
    /// # Errors
    /// When the backend's command fails.
    pub async fn trail(&self) -> Result<String> {
        self.backend_command(&["trail", "export"]).await
    }

    /// A new key of the sandbox for shops.
    ///
    /// # Errors
    /// When the backend's command fails.
    pub async fn sandbox_key(&self) -> Result<String> {
        let said = self.backend_command(&["shop-key", "add", "--sandbox", "--merchant", "demo"]).await?;
        Ok(said.split_whitespace().next_back().context("no key was printed")?.to_owned())
    }

    /// Checks the chain of the trail.
    ///
    /// # Errors
    /// When it is broken.
    pub async fn verify_trail(&self) -> Result<String> {
        self.backend_command(&["trail", "verify"]).await
    }

    /// Writes the XML as filed and the receipts into a folder.
    ///
    /// # Errors
    /// When the backend's command fails.
    pub async fn export_filed(&self, to: &Path) -> Result<String> {
        fs::create_dir_all(to)?;
        let to = to.to_string_lossy().into_owned();
        self.backend_command(&["filed", "export", &to]).await
    }

    pub(crate) async fn backend_command(&self, command: &[&str]) -> Result<String> {
        let mut arguments: Vec<OsString> = command.iter().map(Into::into).collect();
        arguments.extend(["--config".into(), self.path("backend.toml").into()]);
        program::output_of("pickup-backend", &arguments).await
    }

    /// The ends of all logs, for a message after a failure.
    #[must_use]
    pub fn logs(&self) -> String {
        program::logs(&self.setup.dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.setup.dir.join(name)
    }

    fn log(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.log"))
    }

    /// A one-time code for a kiosk of this name.
    ///
    /// # Errors
    /// When the backend's command fails.
    pub async fn enrolment_code(&self, name: &str) -> Result<String> {
        let said = self.backend_command(&["kiosk", "enrol", "--name", name]).await?;
        // The code is the last word said, whatever stands around it.
        Ok(said.split_whitespace().next_back().context("enrolling printed no code")?.to_owned())
    }

    async fn enrol(&self) -> Result<()> {
        let code = self.enrolment_code(KIOSK).await?;
        let mut arguments = words(["enrol", "--config"], &self.path("kiosk.toml"));
        arguments.extend(["--backend".into(), self.kiosk_url().into(), "--code".into(), code.into()]);
        program::output_of("pickup-kiosk", &arguments)
            .await
            .context("the kiosk could not be enrolled")
            .map(drop)
    }

    /// Purchases made elsewhere, which only the customs side knows.
    async fn tell_customs_of_purchases(&self) -> Result<()> {
        let year = jiff::Zoned::now().year();
        for person in people::all()?.iter().filter(|person| person.elsewhere_fen > 0) {
            let purchase =
                json!({ "id_number": person.id_number, "year": year, "amount_fen": person.elsewhere_fen });
            self.tell_customs("purchases", &purchase).await?;
        }
        Ok(())
    }

    /// Puts something to the customs simulator: how it behaves, what it knows.
    ///
    /// # Errors
    /// When it does not run, or does not take it.
    pub async fn tell_customs(&self, what: &str, word: &Value) -> Result<()> {
        let customs = self.customs.as_ref().context("the customs simulator does not run")?.told("http")?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        let answer = http.put(format!("{customs}/{what}")).json(word).send().await?;
        answer.error_for_status().with_context(|| format!("the customs simulator did not take {word}"))?;
        Ok(())
    }
}

/// Plays a test on a product in a fresh folder. After a failure the folder stays and the error has the logs.
///
/// # Errors
/// Whatever the test found.
pub async fn play(name: &str, test: impl AsyncFnOnce(&mut Product) -> Result<()>) -> Result<()> {
    let dir = fresh_dir(name)?;
    play_on(Setup::quick(&dir), test).await
}

/// As [`play`], on a product that is set up otherwise.
///
/// # Errors
/// Whatever the test found.
pub async fn play_on(setup: Setup, test: impl AsyncFnOnce(&mut Product) -> Result<()>) -> Result<()> {
    let dir = setup.dir.clone();
    let played = async {
        let mut product = Product::start(setup).await?;
        test(&mut product).await?;
        product.check()
    };
    match played.await {
        Ok(()) => Ok(fs::remove_dir_all(&dir)?),
        Err(fault) => Err(fault.context(program::logs(&dir))),
    }
}

static DIRS: AtomicU32 = AtomicU32::new(0);

/// A folder that nobody else uses, beside what is built.
///
/// # Errors
/// When it cannot be made.
pub fn fresh_dir(name: &str) -> Result<PathBuf> {
    let built = program::path_of("pickup-backend")?;
    let target = built.parent().and_then(Path::parent).context("the programs lie nowhere")?;
    let n = DIRS.fetch_add(1, Ordering::Relaxed);
    let dir = target.join("e2e").join(format!("{name}-{}-{n}", std::process::id()));
    fs::create_dir_all(&dir).with_context(|| format!("{} cannot be made", dir.display()))?;
    Ok(dir)
}

fn words<const N: usize>(words: [&str; N], last: &Path) -> Vec<OsString> {
    words.into_iter().map(OsString::from).chain([last.as_os_str().to_owned()]).collect()
}

fn read_made(path: &Path) -> Result<String> {
    let text =
        fs::read_to_string(path).with_context(|| format!("`init --demo` made no {}", path.display()))?;
    Ok(text.trim().to_owned())
}
