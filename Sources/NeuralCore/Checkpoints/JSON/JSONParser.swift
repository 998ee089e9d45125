/// Why a text is not JSON, and where.
public struct JSONError: Error, Equatable, CustomStringConvertible {
    public let reason: String
    /// Bytes before the place.
    public let offset: Int

    public var description: String { "\(reason) at byte \(offset)" }
}

/// Limits and leniencies of the parser. The defaults suit text that nobody has vouched for.
public struct JSONOptions: Sendable {
    /// Arrays and objects inside each other.
    public var maximumDepth = 64
    /// Values in the whole text, which bounds the memory it can take.
    public var maximumValues = 1_000_000
    /// Takes `NaN`, `Infinity` and `-Infinity`, which Python writes.
    public var allowsNonFinite = false

    public init() {}
}

extension JSONValue {
    /// Reads one JSON document (RFC 8259): no duplicate names, nothing after its end.
    /// - Throws: `JSONError`.
    public init(parsing text: String, options: JSONOptions = JSONOptions()) throws {
        try self.init(parsing: Array(text.utf8), options: options)
    }

    /// Reads one JSON document from UTF-8 bytes.
    /// - Throws: `JSONError`.
    public init(parsing bytes: [UInt8], options: JSONOptions = JSONOptions()) throws {
        var parser = JSONParser(bytes: bytes, options: options)
        self = try parser.document()
    }
}

private struct JSONParser {
    let bytes: [UInt8]
    let options: JSONOptions
    var position = 0
    var valuesLeft: Int

    init(bytes: [UInt8], options: JSONOptions) {
        self.bytes = bytes
        self.options = options
        valuesLeft = options.maximumValues
    }

    mutating func document() throws -> JSONValue {
        let result = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure("Text after the document") }
        return result
    }

    private func failure(_ reason: String) -> JSONError { JSONError(reason: reason, offset: position) }

    private var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
    }

    private mutating func take(_ character: Character) -> Bool {
        guard current == character.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        for index in 0..<length where bytes[position + index] != word.utf8Start[index] { return false }
        position += length
        return true
    }

    private mutating func value(depth: Int) throws -> JSONValue {
        guard depth <= options.maximumDepth else {
            throw failure("More than \(options.maximumDepth) levels")
        }
        valuesLeft -= 1
        guard valuesLeft >= 0 else { throw failure("More than \(options.maximumValues) values") }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return try object(depth: depth)
        case UInt8(ascii: "["): return try array(depth: depth)
        case UInt8(ascii: "\""): return .string(try string())
        case nil: throw failure("The text ends early")
        default: break
        }
        if take(word: "null") { return .null }
        if take(word: "true") { return .bool(true) }
        if take(word: "false") { return .bool(false) }
        if options.allowsNonFinite {
            if take(word: "NaN") { return .number(.nan) }
            if take(word: "Infinity") { return .number(.infinity) }
            if take(word: "-Infinity") { return .number(-.infinity) }
        }
        return try number()
    }

    private mutating func object(depth: Int) throws -> JSONValue {
        position += 1
        var result = JSONObject()
        skipSpace()
        if take("}") { return .object(result) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw failure("A name in quotes is missing") }
            let start = position
            let key = try string()
            skipSpace()
            guard take(":") else { throw failure("A colon is missing") }
            let member = try value(depth: depth + 1)
            guard result.append(key, member) else {
                throw JSONError(reason: "The name \"\(key.prefix(80))\" comes twice", offset: start)
            }
            skipSpace()
            if take("}") { return .object(result) }
            guard take(",") else { throw failure("A comma or closing brace is missing") }
        }
    }

    private mutating func array(depth: Int) throws -> JSONValue {
        position += 1
        var result: [JSONValue] = []
        skipSpace()
        if take("]") { return .array(result) }
        while true {
            result.append(try value(depth: depth + 1))
            skipSpace()
            if take("]") { return .array(result) }
            guard take(",") else { throw failure("A comma or closing bracket is missing") }
        }
    }

    private mutating func number() throws -> JSONValue {
        let start = position
        _ = take("-")
        guard let first = current, isDigit(first) else { throw failure("This is no value") }
        if !take("0") { skipDigits() }
        var isWhole = true
        if take(".") {
            isWhole = false
            guard let next = current, isDigit(next) else { throw failure("A digit is missing") }
            skipDigits()
        }
        if take("e") || take("E") {
            isWhole = false
            if !take("+") { _ = take("-") }
            guard let next = current, isDigit(next) else { throw failure("A digit is missing") }
            skipDigits()
        }
        guard position - start <= 400 else { throw failure("A number is too long") }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if isWhole, let integer = Int(text) { return .integer(integer) }
        guard let double = Double(text), double.isFinite else { throw failure("A number is too large") }
        return .number(double)
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private mutating func skipDigits() {
        while let byte = current, isDigit(byte) { position += 1 }
    }

    private mutating func string() throws -> String {
        position += 1
        var scalars: [UInt8] = []
        while let byte = current {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: scalars, as: UTF8.self) else {
                    throw failure("A text is not UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                scalars.append(contentsOf: Array(String(try escape()).utf8))
            case 0..<0x20:
                throw failure("A control character stands in a text")
            default:
                scalars.append(byte)
            }
        }
        throw failure("A text has no end")
    }

    private mutating func escape() throws -> Character {
        guard let byte = current else { throw failure("A text has no end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if (0xD800..<0xDC00).contains(code), take(word: "\\u") {
                let low = try hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("A surrogate stands alone") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("A surrogate stands alone") }
            return Character(scalar)
        default:
            throw failure("An unknown escape stands in a text")
        }
    }

    private mutating func hexadecimal() throws -> UInt32 {
        guard bytes.count - position >= 4 else { throw failure("The text ends early") }
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue else {
                throw failure("A hexadecimal digit is missing")
            }
            code = code << 4 | UInt32(digit)
            position += 1
        }
        return code
    }
}
