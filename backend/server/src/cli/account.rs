//! `account add | list | reset`.

use std::sync::Arc;

use anyhow::{Context as _, Result};
use pickup_server::App;
use pickup_server::console::accounts::{self, AccountError, New, factor, password, sessions};
use pickup_server::console::roles::Role;

use crate::AccountCommand;

/// Who acts at a shell.
const OPERATOR: &str = "operator";

/// Does what is asked.
pub async fn run(app: Arc<App>, command: AccountCommand) -> Result<()> {
    match command {
        AccountCommand::Add { role, centre, name } => {
            let word = make(&app, &name, role, centre).await?;
            say!("One-time password of {name}, good for {} hours:", accounts::ONE_TIME_S / 3600);
            say!("{word}");
        }
        AccountCommand::List => {
            say!("{:<20} {:<14} {:<9} {:<7} centres", "name", "role", "state", "factor");
            for one in app.store.read(accounts::all).await? {
                let state = if one.disabled { "disabled" } else { "good" };
                let factor = if one.totp_on { "on" } else { "off" };
                say!("{:<20} {:<14} {state:<9} {factor:<7} {:?}", one.name, one.role.as_str(), one.centres);
            }
        }
        AccountCommand::Reset { name } => {
            let (word, now) = (password::one_time()?, app.now());
            let (hash, asked) = (password::hash(&word).await?, name.clone());
            let reset = app.store.write(move |tx| {
                let person = accounts::by_name(tx, &asked)?.ok_or(AccountError::None(asked))?;
                sessions::end_all(tx, &person.id)?;
                factor::drop_it(tx, now, OPERATOR, &person)?;
                accounts::set_password(tx, now, OPERATOR, &person, &hash, true)
            });
            reset.await.context("nothing was changed")?;
            say!("New one-time password of {name}:");
            say!("{word}");
        }
    }
    Ok(())
}

/// Makes an account; gives its one-time password.
pub async fn make(app: &Arc<App>, name: &str, role: Role, centres: Vec<u16>) -> Result<String> {
    let (word, now, name) = (password::one_time()?, app.now(), name.to_owned());
    let hash = password::hash(&word).await?;
    let made = app.store.write(move |tx| {
        let new = New { name: &name, role, centres: &centres, hash: &hash };
        accounts::add(tx, now, OPERATOR, &new)
    });
    made.await?;
    Ok(word)
}
