//! Which process listens on a port.

/// Its name and id, when the system tells: on Linux, for processes that we may look at.
pub(super) fn of_port(port: u16) -> Option<(String, u32)> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(|table| std::fs::read_to_string(table).unwrap_or_default());
    let lines = tables.iter().flat_map(|table| table.lines());
    let inodes = lines.filter_map(|line| listening(line, port));
    let sockets: Vec<String> = inodes.map(|inode| format!("socket:[{inode}]")).collect();
    let processes = std::fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find_map(|id: u32| {
        let files = std::fs::read_dir(format!("/proc/{id}/fd")).ok()?.flatten();
        let mut targets = files.filter_map(|file| std::fs::read_link(file.path()).ok());
        targets.find(|target| sockets.iter().any(|socket| target.as_os_str() == socket.as_str()))?;
        let name = std::fs::read_to_string(format!("/proc/{id}/comm")).ok()?;
        Some((name.trim().to_owned(), id))
    })
}

/// The inode in a line of `/proc/net/tcp` when that socket listens on `port` (proc(5): state `0A`, ports in hex).
fn listening(line: &str, port: u16) -> Option<&str> {
    let mut fields = line.split_whitespace();
    let (_, local_port) = fields.nth(1)?.rsplit_once(':')?;
    let state = fields.nth(1)?;
    let is_it = state == "0A" && u16::from_str_radix(local_port, 16) == Ok(port);
    is_it.then(|| fields.nth(5)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_is_read() {
        let line =
            "   0: 0100007F:2710 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 40111 1 0 100";
        assert_eq!(listening(line, 10000), Some("40111"));
        assert_eq!(listening(line, 10001), None);
        assert_eq!(listening(&line.replace(" 0A ", " 01 "), 10000), None);
        assert_eq!(listening("  sl  local_address rem_address   st", 10000), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn we_are_found_by_our_own_port() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (_, id) = of_port(listener.local_addr().unwrap().port()).unwrap();
        assert_eq!(id, std::process::id());
    }
}
