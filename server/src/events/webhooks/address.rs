//! Where webhooks may lead: to the public internet, and nowhere inside. Ranges are those of the IANA special-purpose registries
//! (RFC 6890 and what came after it).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What is not public in IPv4.
const CLOSED_V4: [Ipv4Net; 17] = [
    v4([0, 0, 0, 0], 8),
    v4([10, 0, 0, 0], 8),
    // Shared by the customers of a provider; some clouds keep their metadata here.
    v4([100, 64, 0, 0], 10),
    v4([127, 0, 0, 0], 8),
    // Azure's own services, in a range that is public otherwise.
    v4([168, 63, 129, 16], 32),
    // Link-local, and most clouds' metadata.
    v4([169, 254, 0, 0], 16),
    v4([172, 16, 0, 0], 12),
    // Protocol assignments, and Oracle's metadata.
    v4([192, 0, 0, 0], 24),
    v4([192, 0, 2, 0], 24),
    v4([192, 88, 99, 0], 24),
    v4([192, 168, 0, 0], 16),
    v4([198, 18, 0, 0], 15),
    v4([198, 51, 100, 0], 24),
    v4([203, 0, 113, 0], 24),
    v4([224, 0, 0, 0], 4),
    // Reserved; the last of it is the broadcast address.
    v4([240, 0, 0, 0], 4),
    v4([255, 255, 255, 255], 32),
];
/// What is public in IPv6, but for what follows.
const OPEN_V6: Ipv6Net = v6([0x2000, 0, 0, 0], 3);
/// Protocol assignments, benchmarking and documentation.
const CLOSED_V6: [Ipv6Net; 3] = [v6([0x2001, 0, 0, 0], 23), v6([0x2001, 0xdb8, 0, 0], 32), v6([0x3fff, 0, 0, 0], 20)];
/// Ranges whose addresses stand for addresses in IPv4.
const MAPPED: Ipv6Net = v6_of(Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96);
const NAT64: Ipv6Net = v6_of(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96);
const SIX_TO_FOUR: Ipv6Net = v6([0x2002, 0, 0, 0], 16);
const TEREDO: Ipv6Net = v6([0x2001, 0, 0, 0], 32);

const fn v4(octets: [u8; 4], length: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(octets[0], octets[1], octets[2], octets[3]), length)
}

const fn v6(head: [u16; 4], length: u8) -> Ipv6Net {
    v6_of(Ipv6Addr::new(head[0], head[1], head[2], head[3], 0, 0, 0, 0), length)
}

const fn v6_of(address: Ipv6Addr, length: u8) -> Ipv6Net {
    Ipv6Net::new_assert(address, length)
}

/// Whether a webhook may lead to this address: it is public, as are those in IPv4 that it stands for, or in a network that is allowed in spite.
pub(super) fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
    let canonical = address.to_canonical();
    is_public(address) || allowed.iter().any(|network| network.contains(&address) || network.contains(&canonical))
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    !CLOSED_V4.iter().any(|network| network.contains(&address))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    match stands_for(address) {
        Some(addresses) => addresses.into_iter().all(is_public_v4),
        None => OPEN_V6.contains(&address) && !CLOSED_V6.iter().any(|network| network.contains(&address)),
    }
}

/// The addresses in IPv4 that packets to this one reach in the end: for Teredo (RFC 4380) the server and the client.
fn stands_for(address: Ipv6Addr) -> Option<Vec<Ipv4Addr>> {
    let bits = address.to_bits();
    let v4 = |shift: u32| Ipv4Addr::from_bits(u32::try_from((bits >> shift) & 0xffff_ffff).unwrap_or_default());
    if MAPPED.contains(&address) || NAT64.contains(&address) {
        Some(vec![v4(0)])
    } else if SIX_TO_FOUR.contains(&address) {
        Some(vec![v4(80)])
    } else if TEREDO.contains(&address) {
        Some(vec![v4(64), Ipv4Addr::from_bits(!v4(0).to_bits())])
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reaches(address: &str) -> bool {
        may_reach(address.parse().unwrap(), &[])
    }

    #[test]
    fn public_addresses_may_be_reached() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "168.63.129.15",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2a00:1450:4001:81b::200e",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(reaches(address), "{address}");
        }
    }

    #[test]
    fn nothing_inside_may_be_reached() {
        for address in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.100.100.200",
            "100.127.255.255",
            "127.0.0.1",
            "127.1.2.3",
            "168.63.129.16",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:169.254.169.254",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "100::1",
            "2001::1",
            "2001:0:808:808::80ff:fffe",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:a9fe:a9fe::1",
            "2002:c0a8:101::1",
            "3fff::1",
            "4000::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            assert!(!reaches(address), "{address}");
        }
    }

    #[test]
    fn an_allowed_network_may_be_reached_and_its_neighbours_may_not() {
        let allowed = ["10.1.0.0/16".parse().unwrap(), "fd00:1::/64".parse().unwrap()];
        let reaches = |address: &str| may_reach(address.parse().unwrap(), &allowed);
        assert!(reaches("10.1.2.3") && reaches("::ffff:10.1.2.3") && reaches("fd00:1::7"));
        assert!(!reaches("10.2.0.1") && !reaches("fd00:2::7") && !reaches("127.0.0.1"));
    }

    proptest! {
        #[test]
        fn whatever_stands_for_an_address_is_as_public_as_it_is(bits: u32) {
            let plain = Ipv4Addr::from_bits(bits);
            let [high, low] = [(bits >> 16) as u16, bits as u16];
            let public = may_reach(plain.into(), &[]);
            for form in [
                plain.to_ipv6_mapped(),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x2001, 0, 0x0808, 0x0808, 0, 0, !high, !low),
                Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !0x0808, !0x0808),
            ] {
                prop_assert_eq!(may_reach(form.into(), &[]), public, "{}", form);
            }
            prop_assert!(!may_reach(plain.to_ipv6_compatible().into(), &[]));
        }
    }
}
