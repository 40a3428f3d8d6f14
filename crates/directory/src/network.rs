//! Addresses and networks: where a call comes from, and whether it may.

use std::net::{IpAddr, SocketAddr};

use http::{Extensions, HeaderMap};
use ipnet::IpNet;
use tonic::transport::server::TcpConnectInfo;
use types::invalid::InvalidText;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Reads a network such as `10.12.0.0/16`, or a single address.
pub(crate) fn read(text: &str) -> Result<IpNet, InvalidText> {
    let network = text.parse::<IpNet>();
    let network = network.or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    let shown = InvalidText::excerpt(text);
    match network {
        Ok(network) if network.trunc() == network => Ok(network),
        Ok(network) => Err(InvalidText::new(
            "PATTERN",
            format!(
                "`{shown}` is no network; `{}` would be one",
                network.trunc()
            ),
            format!(
                "`{shown}` không phải dải mạng; có thể là `{}`",
                network.trunc()
            ),
        )),
        Err(_) => Err(InvalidText::new(
            "PATTERN",
            format!("`{shown}` is no network such as `10.12.0.0/16` or `2001:db8::/48`"),
            format!("`{shown}` không phải dải mạng dạng `10.12.0.0/16` hoặc `2001:db8::/48`"),
        )),
    }
}

/// Says whether an address is allowed; any is when no network is named. An address nobody
/// knows is in no network.
pub(crate) fn allows(networks: &[IpNet], address: Option<IpAddr>) -> bool {
    networks.is_empty() || address.is_some_and(|it| is_within(networks, it))
}

fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|it| it.contains(&address))
}

/// Returns the address a call comes from: that of the TCP peer, or, when the peer is a
/// trusted proxy, the one the proxy says it was called from, which it adds last. What
/// stands before that anybody could have written.
pub(crate) fn caller(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted_proxies: &[IpNet],
) -> Option<IpAddr> {
    let peer = extensions.get::<TcpConnectInfo>()?.remote_addr()?;
    let peer = peer.ip().to_canonical();
    if !is_within(trusted_proxies, peer) {
        return Some(peer);
    }
    let Some(said) = headers.get_all(FORWARDED_FOR).iter().next_back() else {
        return Some(peer);
    };
    let last = said.to_str().ok()?.rsplit(',').next()?.trim();
    let address = last.parse::<IpAddr>();
    let address = address.or_else(|_| last.parse::<SocketAddr>().map(|it| it.ip()));
    address.ok().map(|it| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn networks(of: &[&str]) -> Vec<IpNet> {
        of.iter().map(|it| read(it).unwrap()).collect()
    }

    fn called(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> Option<String> {
        let mut extensions = Extensions::new();
        extensions.insert(TcpConnectInfo {
            local_addr: None,
            remote_addr: Some(peer.parse().unwrap()),
        });
        let mut headers = HeaderMap::new();
        for it in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(it));
        }
        caller(&extensions, &headers, &networks(trusted)).map(|it| it.to_string())
    }

    #[test]
    fn a_network_is_written_without_bits_beyond_its_prefix() {
        for good in ["10.12.0.0/16", "2001:db8::/48", "0.0.0.0/0"] {
            assert_eq!(read(good).unwrap().to_string(), good);
        }
        assert_eq!(read("10.12.0.5").unwrap().to_string(), "10.12.0.5/32");
        for bad in [
            "",
            "10.12.0.5/16",
            "10.12.0.0/33",
            "so-tttt",
            "10.12.0.0/16 ",
        ] {
            assert_eq!(read(bad).unwrap_err().reason, "PATTERN", "{bad}");
        }
    }

    #[test]
    fn an_address_is_allowed_when_one_network_holds_it() {
        let allowed = networks(&["10.12.0.0/16", "2001:db8::/48"]);
        let at = |it: &str| allows(&allowed, Some(it.parse().unwrap()));
        assert!(at("10.12.255.1") && at("2001:db8::1"));
        assert!(!at("10.13.0.1") && !at("2001:db9::1"));
        assert!(!allows(&allowed, None));
        assert!(allows(&[], None));
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_last_word() {
        let none: &[&str] = &[];
        let proxy = &["10.0.0.0/8"];
        let said = called("203.0.113.9:1", &["10.12.0.1"], proxy);
        assert_eq!(said.as_deref(), Some("203.0.113.9"));
        let said = called("10.0.0.1:1", &["10.12.0.1"], none);
        assert_eq!(said.as_deref(), Some("10.0.0.1"));
        for forwarded in [
            &["10.12.0.1, 203.0.113.9"][..],
            &["10.12.0.1", "203.0.113.9"],
            &["203.0.113.9:4711"],
        ] {
            let said = called("10.0.0.1:1", forwarded, proxy);
            assert_eq!(said.as_deref(), Some("203.0.113.9"), "{forwarded:?}");
        }
        assert_eq!(called("10.0.0.1:1", &["unknown"], proxy), None);
        let said = called("10.0.0.1:1", &[], proxy);
        assert_eq!(said.as_deref(), Some("10.0.0.1"));
        let said = called("[::ffff:203.0.113.9]:1", &[], proxy);
        assert_eq!(said.as_deref(), Some("203.0.113.9"));
    }
}
