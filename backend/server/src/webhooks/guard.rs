//! Where webhooks may go: a shop must not be able to have this backend call what only this backend can reach.
//!
//! Names are looked up by [`Public`], which gives the HTTP client public addresses only. So a name that points elsewhere after
//! it was registered is refused at the moment of the call.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

const URL_MOST: usize = 500;

/// Why an address is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no URL.
    #[error("it is no URL of at most 500 characters with a host")]
    Form,
    /// It is not HTTPS.
    #[error("it must begin with https://")]
    NotHttps,
    /// It has a user or a password in it.
    #[error("it must not hold a user or a password")]
    Credentials,
    /// It names an address that is not public.
    #[error("it names an address that is not public")]
    NotPublic,
}

/// Reads the address of an endpoint.
///
/// # Errors
/// [`UrlError`].
pub fn check(text: &str, allow_private: bool) -> Result<Url, UrlError> {
    let url = Url::parse(text).ok().filter(|url| text.len() <= URL_MOST && url.has_host());
    let url = url.ok_or(UrlError::Form)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlError::Credentials);
    }
    if url.scheme() != "https" && !(allow_private && url.scheme() == "http") {
        return Err(UrlError::NotHttps);
    }
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let literal = host.parse::<IpAddr>().ok();
    if !allow_private && (literal.is_some_and(|ip| !is_public(ip)) || is_local_name(host)) {
        return Err(UrlError::NotPublic);
    }
    Ok(url)
}

fn is_local_name(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    !host.contains(['.', ':'])
        || host.ends_with(".localhost")
        || host.ends_with(".local")
        || host.ends_with(".internal")
}

/// Whether an address belongs to the public internet (IANA special-purpose registries).
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let special = ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b));
    !special
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [a, b, ..] = ip.segments();
    // Only global unicast, without documentation, Teredo and 6to4, which carry other addresses inside.
    (0x2000..0x4000).contains(&a) && !(a == 0x2001 && (b == 0xdb8 || b < 0x200)) && a != 0x2002
}

/// Looks names up and gives public addresses only.
#[derive(Clone, Copy, Debug)]
pub struct Public;

impl Resolve for Public {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|at| is_public(at.ip())).collect();
            if public.is_empty() {
                return Err(Box::from(UrlError::NotPublic));
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_https_address_is_taken() {
        for good in ["https://shop.example.com/hooks?a=1", "https://8.8.8.8/", "https://[2606:4700::1111]/x"]
        {
            assert!(check(good, false).is_ok(), "{good}");
        }
    }

    #[test]
    fn what_only_this_backend_can_reach_is_not() {
        for bad in [
            "https://127.0.0.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest",
            "https://192.168.0.1/",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://localhost/",
            "https://db/",
            "https://printer.local/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://127.1/",
        ] {
            assert_eq!(check(bad, false), Err(UrlError::NotPublic), "{bad}");
        }
    }

    #[test]
    fn plain_http_passwords_and_nonsense_are_refused() {
        assert_eq!(check("http://shop.example.com/", false), Err(UrlError::NotHttps));
        assert_eq!(check("ftp://shop.example.com/", true), Err(UrlError::NotHttps));
        assert_eq!(check("https://a:b@shop.example.com/", true), Err(UrlError::Credentials));
        assert_eq!(check("not a url", true), Err(UrlError::Form));
        assert_eq!(check(&format!("https://example.com/{}", "x".repeat(600)), true), Err(UrlError::Form));
    }

    #[test]
    fn a_test_may_use_its_own_machine() {
        assert!(check("http://127.0.0.1:8080/hook", true).is_ok());
    }
}
