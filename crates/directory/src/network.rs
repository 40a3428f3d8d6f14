//! Addresses and networks: where a call comes from, and whether it may.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use http::{Extensions, HeaderMap};
use ipnet::IpNet;
use tonic::{Request, transport::server::TcpConnectInfo};
use types::invalid::InvalidText;

pub(crate) mod places;

/// An address, or the network it is cut to; none for calls that came over no network.
pub(crate) type Source = Option<IpAddr>;

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
/// trusted proxy, the one the proxy says it was called from, which it adds last; and so on when
/// that one is a trusted proxy too. What stands before the first that is not, anybody could
/// have written.
pub(crate) fn caller(
    extensions: &Extensions,
    headers: &HeaderMap,
    trusted_proxies: &[IpNet],
) -> Option<IpAddr> {
    let mut caller = peer(extensions)?;
    for said in headers.get_all(FORWARDED_FOR).iter().rev() {
        if !is_within(trusted_proxies, caller) {
            break;
        }
        // What a line says whose bytes are no text cannot be told from an address.
        for entry in said.to_str().ok()?.rsplit(',') {
            if !is_within(trusted_proxies, caller) {
                break;
            }
            caller = address(entry.trim())?;
        }
    }
    Some(caller)
}

/// Reads an address, with a port or without.
fn address(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>();
    let address = address.or_else(|_| text.parse::<SocketAddr>().map(|it| it.ip()));
    address.ok().map(|it| it.to_canonical())
}

fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let peer = extensions.get::<TcpConnectInfo>()?.remote_addr()?;
    Some(peer.ip().to_canonical())
}

/// Returns where a call of a method comes from; the proxy itself when what it says cannot be
/// read. Only a call from within this process comes from nowhere.
pub(crate) fn of_call<M>(request: &Request<M>, trusted_proxies: &[IpNet]) -> Source {
    let (extensions, headers) = (request.extensions(), request.metadata().as_ref());
    caller(extensions, headers, trusted_proxies).or_else(|| peer(extensions))
}

/// Cuts an address to its network: so many bits of IPv4 or of IPv6 are kept.
pub(crate) fn cut(address: IpAddr, ipv4_bits: u32, ipv6_bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(it) => {
            let dropped = u32::BITS.saturating_sub(ipv4_bits);
            let mask = u32::MAX.checked_shl(dropped).unwrap_or_default();
            Ipv4Addr::from_bits(it.to_bits() & mask).into()
        }
        IpAddr::V6(it) => {
            let dropped = u128::BITS.saturating_sub(ipv6_bits);
            let mask = u128::MAX.checked_shl(dropped).unwrap_or_default();
            Ipv6Addr::from_bits(it.to_bits() & mask).into()
        }
    }
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

    #[test]
    fn a_call_through_two_proxies_comes_from_whom_the_first_one_was_called_by() {
        let proxies = &["10.0.0.1/32", "192.0.2.0/24"];
        for forwarded in [
            &["203.0.113.9, 192.0.2.7"][..],
            &["203.0.113.9", "192.0.2.7"],
            &["198.51.100.1, 203.0.113.9", "192.0.2.7"],
            // Whoever calls may say that he is a proxy: he is not believed.
            &[
                "198.51.100.1",
                "192.0.2.9, 203.0.113.9, 192.0.2.8,192.0.2.7:80",
            ],
        ] {
            let said = called("10.0.0.1:1", forwarded, proxies);
            assert_eq!(said.as_deref(), Some("203.0.113.9"), "{forwarded:?}");
        }
        // The first of the proxies calls by itself.
        let said = called("10.0.0.1:1", &["192.0.2.9, 192.0.2.7"], proxies);
        assert_eq!(said.as_deref(), Some("192.0.2.9"));
        assert_eq!(called("10.0.0.1:1", &["unknown, 192.0.2.7"], proxies), None);
    }

    #[test]
    fn an_address_is_cut_to_the_network_it_counts_with() {
        let cut = |text: &str, ipv4, ipv6| cut(text.parse().unwrap(), ipv4, ipv6).to_string();
        assert_eq!(cut("203.0.113.9", 24, 56), "203.0.113.0");
        assert_eq!(cut("203.0.113.9", 32, 64), "203.0.113.9");
        assert_eq!(cut("203.0.113.9", 0, 0), "0.0.0.0");
        assert_eq!(cut("2001:db8:1:2ff:3::4", 24, 56), "2001:db8:1:200::");
        assert_eq!(cut("2001:db8:1:2ff:3::4", 32, 64), "2001:db8:1:2ff::");
    }
}
