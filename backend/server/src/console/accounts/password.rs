//! Passwords: argon2id, and what is asked of one.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use pickup_protocol::crockford;
use tokio::sync::Semaphore;

use super::AccountError;
use crate::secrets::random;

/// Shortest password.
pub const SHORTEST: usize = 12;
const LONGEST: usize = 200;
/// Each takes 19 MiB: a crowd at the door must not take the machine's memory.
static AT_ONCE: Semaphore = Semaphore::const_new(2);
/// What the password of an account that does not exist is compared with, so that an answer takes as long.
static NOBODY: LazyLock<String> = LazyLock::new(|| hash_now("nobody has this password").unwrap_or_default());

/// A one-time password, 80 bits, in groups that can be read out.
///
/// # Errors
/// [`AccountError`] without random numbers.
pub fn one_time() -> Result<String, AccountError> {
    let text = crockford::encode(&random::<10>()?);
    let groups: Vec<String> =
        text.as_bytes().chunks(4).map(|c| String::from_utf8_lossy(c).into_owned()).collect();
    Ok(groups.join("-"))
}

/// Whether a password may be set by the account `name`.
///
/// # Errors
/// [`AccountError::Weak`].
pub fn check(name: &str, password: &str) -> Result<(), AccountError> {
    let length = password.chars().count();
    let same = password.chars().all(|c| password.starts_with(c));
    let has_name = !name.is_empty() && password.to_lowercase().contains(&name.to_lowercase());
    let good = (SHORTEST..=LONGEST).contains(&length) && !same && !has_name;
    if good { Ok(()) } else { Err(AccountError::Weak) }
}

/// The text that is kept of a password.
///
/// # Errors
/// [`AccountError`].
pub async fn hash(password: &str) -> Result<String, AccountError> {
    let password = password.to_owned();
    apart(move || hash_now(&password)).await?
}

/// Whether a password is the one whose text is kept. Without a text it takes as long and is never.
///
/// # Errors
/// [`AccountError`].
pub async fn is(password: &str, kept: Option<String>) -> Result<bool, AccountError> {
    let password = password.to_owned();
    apart(move || {
        let (text, exists) = match kept {
            Some(text) => (text, true),
            None => (NOBODY.clone(), false),
        };
        let Ok(hash) = PasswordHash::new(&text) else { return false };
        Argon2::default().verify_password(password.as_bytes(), &hash).is_ok() && exists
    })
    .await
}

async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AccountError> {
    let _permit = AT_ONCE.acquire().await.map_err(|_| AccountError::Hash)?;
    tokio::task::spawn_blocking(work).await.map_err(|_| AccountError::Hash)
}

fn hash_now(password: &str) -> Result<String, AccountError> {
    let salt = SaltString::encode_b64(&random::<16>()?).map_err(|_| AccountError::Hash)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|_| AccountError::Hash)?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_recognised_and_kept_as_argon2id_with_its_own_salt() {
        let (one, two) = (hash("correct horse").await.unwrap(), hash("correct horse").await.unwrap());
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$") && one != two);
        assert!(is("correct horse", Some(one.clone())).await.unwrap());
        assert!(!is("correct horsf", Some(one)).await.unwrap());
        assert!(!is("nobody has this password", None).await.unwrap());
    }

    #[test]
    fn a_short_a_monotonous_and_a_telling_password_are_refused() {
        assert!(check("anna", "a long enough one").is_ok());
        assert!(check("anna", "只要够长的中文口令也可以呀").is_ok());
        for weak in ["short", "aaaaaaaaaaaaaaaa", "I am ANNA and long"] {
            assert!(check("anna", weak).is_err(), "{weak}");
        }
    }
}
