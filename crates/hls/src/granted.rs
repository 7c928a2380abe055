//! A media playlist for one viewer of a channel that is not open: each part, segment and init section with what lets that viewer in.
//!
//! Players resolve such URIs against the playlist's URL, whose query is not theirs, so each has to carry it itself. Reports of other
//! renditions stay as they are: they name playlists, whose URLs players have from the multivariant playlist, and media is not fetched there.

/// The playlist with `query` (`name=value`, of characters that stand in a URL) at the URI of each thing that is to be fetched.
pub fn with_query(playlist: &str, query: &str) -> String {
    let mut out = String::with_capacity(playlist.len() + playlist.len() / 40 * (query.len() + 1));
    for line in playlist.lines() {
        match line.split_once("URI=\"").filter(|(tag, _)| is_fetched(tag)) {
            Some((before, rest)) if line.starts_with('#') => {
                let (uri, after) = rest.split_once('"').unwrap_or((rest, ""));
                out.push_str(before);
                out.push_str("URI=\"");
                push(&mut out, uri, query);
                out.push('"');
                out.push_str(after);
            }
            _ if line.is_empty() || line.starts_with('#') => out.push_str(line),
            _ => push(&mut out, line, query),
        }
        out.push('\n');
    }
    out
}

fn is_fetched(tag: &str) -> bool {
    ["#EXT-X-MAP:", "#EXT-X-PART:", "#EXT-X-PRELOAD-HINT:"].iter().any(|name| tag.starts_with(name))
}

fn push(out: &mut String, uri: &str, query: &str) {
    out.push_str(uri);
    out.push(if uri.contains('?') { '&' } else { '?' });
    out.push_str(query);
}

#[cfg(test)]
mod tests {
    use super::with_query;

    #[test]
    fn what_is_fetched_carries_it_and_nothing_else_changes() {
        let plain = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"1-init0.mp4\"\n#EXTINF:2.0,\n1-0.m4s\n\
                     #EXT-X-PART:DURATION=0.5,URI=\"1-1.0.m4s\",INDEPENDENT=YES\n\
                     #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1-1.1.m4s\"\n\
                     #EXT-X-RENDITION-REPORT:URI=\"../480p/index.m3u8\",LAST-MSN=1\n#EXT-X-ENDLIST\n";
        let granted = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"1-init0.mp4?sid=a\"\n#EXTINF:2.0,\n1-0.m4s?sid=a\n\
                       #EXT-X-PART:DURATION=0.5,URI=\"1-1.0.m4s?sid=a\",INDEPENDENT=YES\n\
                       #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"1-1.1.m4s?sid=a\"\n\
                       #EXT-X-RENDITION-REPORT:URI=\"../480p/index.m3u8\",LAST-MSN=1\n#EXT-X-ENDLIST\n";
        assert_eq!(with_query(plain, "sid=a"), granted);
        assert_eq!(with_query("a.m4s?x=1\n\n", "sid=a"), "a.m4s?x=1&sid=a\n\n");
    }
}
