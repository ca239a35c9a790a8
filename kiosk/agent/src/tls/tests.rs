//! The pinned verifier against chains made on the spot.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use super::*;

struct Made {
    authority: CertificateDer<'static>,
    leaf: CertificateDer<'static>,
}

fn made(name: &str) -> Made {
    let (key, leaf_key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let authority = params.self_signed(&key).unwrap().der().clone();
    let leaf = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf.signed_by(&leaf_key, &Issuer::new(params, key)).unwrap().der().clone();
    Made { authority, leaf }
}

fn verify(pin: &CertificateDer<'_>, leaf: &CertificateDer<'_>, chain: &[CertificateDer<'_>]) -> bool {
    let verifier = Pinned { authority: fingerprint(pin), provider: provider() };
    let name = ServerName::try_from(NAME).unwrap();
    verifier.verify_server_cert(leaf, chain, &name, &[], UnixTime::now()).is_ok()
}

#[test]
fn a_backend_of_the_pinned_authority_is_spoken_to() {
    let good = made(NAME);
    assert!(verify(&good.authority, &good.leaf, std::slice::from_ref(&good.authority)));
}

#[test]
fn a_foreign_authority_a_borrowed_one_and_another_name_are_not() {
    let (good, foreign, named) = (made(NAME), made(NAME), made("elsewhere"));
    assert!(!verify(&good.authority, &foreign.leaf, std::slice::from_ref(&foreign.authority)));
    assert!(
        !verify(&good.authority, &foreign.leaf, std::slice::from_ref(&good.authority)),
        "leaf of another"
    );
    assert!(!verify(&good.authority, &good.leaf, &[]), "authority not shown");
    assert!(!verify(&named.authority, &named.leaf, std::slice::from_ref(&named.authority)));
}
