import Foundation

/// What the first bytes of a file say it is.
enum FileSignature {
    /// A container this module reads.
    case riff, wave64, aiff, au, caf, flac, ogg, mpegAudio
    /// Sound or film in a format that is not read, by name.
    case foreign(String)
    /// Something else altogether.
    case other(String?)

    /// Looks at the start of `source`, past an ID3 tag in front.
    static func of(_ source: ByteSource) -> FileSignature {
        skipID3(source)
        let start = source.bytes(at: 0, count: 512)
        func begins(_ text: String, at offset: Int = 0) -> Bool {
            start.count >= offset + text.utf8.count && start[offset...].starts(with: text.utf8)
        }
        func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
            start.count >= offset + bytes.count && start[offset...].starts(with: bytes)
        }
        if begins("RIFF") || begins("RIFX") || begins("RF64") || begins("BW64") {
            if begins("WAVE", at: 8) { return .riff }
            return begins("AVI ", at: 8) ? .foreign("an AVI film") : .other("a RIFF file without sound")
        }
        if Wave64Parser.recognises(start) { return .wave64 }
        if begins("FORM") {
            if begins("AIFF", at: 8) || begins("AIFC", at: 8) { return .aiff }
            if begins("8SVX", at: 8) || begins("16SV", at: 8) { return .foreign("an Amiga 8SVX sound") }
        }
        if begins(".snd") || begins("dns.") { return .au }
        if begins("caff") { return .caf }
        if begins("fLaC") { return .flac }
        if begins("OggS") { return ogg(start) }
        if begins("ftyp", at: 4) { return .foreign(mp4(source, brand: start)) }
        for (bytes, name) in foreignSignatures where begins(bytes) { return .foreign(name) }
        if begins([0x1A, 0x45, 0xDF, 0xA3]) {
            return .foreign(String(decoding: start.prefix(64), as: Unicode.ASCII.self).contains("webm") ? "WebM" : "Matroska")
        }
        if begins([0x47]), start.count > 376, start[188] == 0x47, start[376] == 0x47 { return .foreign("an MPEG transport stream") }
        if begins([0xFF]), start.count > 7, start[1] & 0xF6 == 0xF0 { return .foreign("AAC (ADTS)") }
        if MPEGStream.firstFrame(in: source) != nil { return .mpegAudio }
        return .other(resemblance(start, begins: begins))
    }

    /// An ID3v2 tag is 10 bytes and a size in four groups of seven bits.
    private static func skipID3(_ source: ByteSource) {
        for _ in 0..<4 {
            let tag = source.bytes(at: 0, count: 10)
            guard tag.count == 10, tag.starts(with: "ID3".utf8), tag[6...].allSatisfy({ $0 < 0x80 }) else { return }
            let size = tag[6...].reduce(0) { $0 << 7 | Int($1) } + 10 + (tag[5] & 0x10 != 0 ? 10 : 0)
            guard size < source.length ?? AudioFileLimits.streamHeaderBytes else { return }
            source.skipPrefix(size)
        }
    }

    private static func ogg(_ start: [UInt8]) -> FileSignature {
        guard start.count > 28 else { return .ogg }
        let packet = start[min(start.count, 27 + Int(start[26]))...]
        if packet.starts(with: "Speex".utf8) { return .foreign("Ogg Speex") }
        if packet.starts(with: [0x80] + Array("theora".utf8)) { return .foreign("an Ogg Theora film") }
        return .ogg
    }

    private static func mp4(_ source: ByteSource, brand start: [UInt8]) -> String {
        let brand = String(decoding: start[8..<min(12, start.count)], as: Unicode.ASCII.self)
        if brand.hasPrefix("3g") { return "a 3GP recording" }
        let tailStart = max(0, (source.length ?? 0) - (1 << 16))
        for window in [source.bytes(at: 0, count: 1 << 16), source.isPipe ? [] : source.bytes(at: tailStart, count: 1 << 16)]
        where Data(window).range(of: Data("alac".utf8)) != nil {
            return "Apple Lossless in MP4"
        }
        return brand == "qt  " ? "a QuickTime film" : "AAC in MP4"
    }

    /// The format that four bytes alone name; a pipe may not hold more of them yet. Nil for WAV and for raw samples.
    static func formatOtherThanWave(ofFirstFour start: [UInt8]) -> String? {
        [
            ("fLaC", "FLAC"), ("OggS", "Ogg"), ("ID3", "MP3"), ("caff", "CAF"), ("FORM", "AIFF"), (".snd", "AU"), ("riff", "Wave64"),
        ].first { start.starts(with: $0.0.utf8) }?.1
    }

    private static let foreignSignatures: [([UInt8], String)] = [
        ([0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11], "WMA (ASF)"),
        (Array("#!AMR".utf8), "AMR"),
        (Array("ADIF".utf8), "AAC (ADIF)"),
        (Array("MAC ".utf8), "Monkey's Audio"),
        (Array("wvpk".utf8), "WavPack"),
        (Array("TTA1".utf8), "True Audio"),
        (Array("MPCK".utf8), "Musepack"),
        (Array("MP+".utf8), "Musepack"),
        (Array("ajkg".utf8), "Shorten"),
        (Array("DSD ".utf8), "DSD"),
        (Array("FRM8".utf8), "DSD"),
        (Array(".RMF".utf8), "RealAudio"),
        (Array("FLV".utf8), "a Flash film"),
        (Array("NIST_1A".utf8), "NIST SPHERE"),
        (Array("Creative Voice File".utf8), "Creative VOC"),
        ([0x0B, 0x77], "AC-3"),
        ([0x7F, 0xFE, 0x80, 0x01], "DTS"),
        ([0x00, 0x00, 0x01, 0xBA], "an MPEG film"),
    ]

    private static func resemblance(_ start: [UInt8], begins: (String, Int) -> Bool) -> String? {
        let text = String(decoding: start, as: UTF8.self).lowercased()
        let signatures: [(String, String)] = [
            ("\u{89}PNG", "a PNG picture"), ("%PDF", "a PDF document"), ("GIF8", "a GIF picture"), ("PK\u{3}\u{4}", "a ZIP archive"),
            ("MThd", "MIDI notes, which are no sound"), ("\u{7F}ELF", "a program"), ("version https://git-lfs", "a Git LFS pointer (run: git lfs pull)"),
        ]
        if start.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "a PNG picture" }
        if start.starts(with: [0xFF, 0xD8, 0xFF]) { return "a JPEG picture" }
        if start.starts(with: [0x1F, 0x8B]) { return "gzip-compressed data" }
        for (prefix, name) in signatures where begins(prefix, 0) { return name }
        let trimmed = text.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if trimmed.hasPrefix("<!doctype html") || trimmed.hasPrefix("<html") { return "a web page" }
        if trimmed.hasPrefix("<?xml") || trimmed.hasPrefix("<svg") { return "an XML document" }
        if !start.isEmpty, start.allSatisfy({ $0 == 0 }) { return "nothing but zero bytes" }
        let isText = start.count > 3 && start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 9 || $0 == 10 || $0 == 13 }
            && !text.contains("\u{FFFD}")
        return isText ? "text" : nil
    }
}
