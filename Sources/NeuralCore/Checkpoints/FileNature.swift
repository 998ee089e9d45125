/// What a file is by its first bytes, so that a file that is no checkpoint is named for what it is.
enum FileNature: Equatable {
    /// A ZIP archive, as `torch.save` writes since version 1.6.
    case zip
    /// A bare pickle, as `torch.save` wrote before.
    case pickle
    case safeTensors
    /// Something else, in words that follow "it is".
    case foreign(String)
    case unknown

    init(of source: CheckpointSource) {
        let head = (try? source.bytes(in: 0..<min(source.size, 512))) ?? []
        self.init(head: head, size: source.size)
    }

    /// - Parameters:
    ///   - head: the first 512 bytes, or all.
    ///   - size: the file's length in bytes.
    init(head: [UInt8], size: Int) {
        func starts(_ text: String) -> Bool { head.starts(with: text.utf8) }
        if head.isEmpty {
            self = .foreign("empty")
        } else if starts("version https://git-lfs") {
            self = .foreign("a Git LFS pointer, not the file that it points to; 'git lfs pull' fetches that one")
        } else if head.count >= 9, head[8] == UInt8(ascii: "{"), head[4..<8].allSatisfy({ $0 == 0 }) {
            self = .safeTensors
        } else if let page = Self.textKind(head) {
            self = .foreign(page)
        } else if let kind = Self.signatures.first(where: { starts($0.0) }) {
            self = .foreign(kind.1)
        } else if starts("PK\u{3}\u{4}") || starts("PK\u{5}\u{6}") {
            self = .zip
        } else if head.count >= 262, head[257..<262].elementsEqual("ustar".utf8) {
            self = .foreign("a tar archive; unpack it and pass the weights inside")
        } else if head.starts(with: [0x1F, 0x8B]) {
            self = .foreign("compressed by gzip; unpack it first")
        } else if head.starts(with: [0x37, 0x7A, 0xBC, 0xAF]) {
            self = .foreign("a 7z archive; unpack it first")
        } else if head.starts(with: [0xFD, 0x37, 0x7A, 0x58, 0x5A]) || head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) {
            self = .foreign("compressed; unpack it first")
        } else if head[0] == 0x80, head.count > 1, head[1] <= 5 {
            self = .pickle
        } else if head.allSatisfy({ $0 == 0 }) {
            self = .foreign("filled with zeros; its download broke off")
        } else {
            self = .unknown
        }
    }

    /// What a file that cannot hold weights is, as a clause.
    var foreignKind: String? {
        switch self {
        case .foreign(let words): "it is \(words)"
        case .zip: "it is a ZIP archive, such as torch.save writes"
        case .pickle: "it is a pickle, such as torch.save writes"
        case .safeTensors, .unknown: nil
        }
    }

    private static let signatures: [(String, String)] = [
        ("RIFF", "a RIFF file, such as a WAV recording"), ("fLaC", "a FLAC recording"), ("OggS", "an Ogg recording"),
        ("ID3", "an MP3 recording"), ("FORM", "an AIFF recording"), ("GGUF", "a GGUF file"), ("%PDF", "a PDF document"),
        ("BZh", "compressed by bzip2; unpack it first"), ("Rar!", "a RAR archive"),
        ("\u{7F}ELF", "a program"), ("#!", "a script"),
    ]

    private static func textKind(_ head: [UInt8]) -> String? {
        let text = String(decoding: head, as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{FEFF}" }.lowercased()
        if text.hasPrefix("<!doctype html") || text.hasPrefix("<html") || text.hasPrefix("<head") {
            return "a web page, so the download led elsewhere; fetch the file itself"
        }
        if text.hasPrefix("<?xml") || text.hasPrefix("<error") { return "an XML text, perhaps a server's error message" }
        if text.hasPrefix("{") || text.hasPrefix("[") { return "a JSON text" }
        return nil
    }
}
