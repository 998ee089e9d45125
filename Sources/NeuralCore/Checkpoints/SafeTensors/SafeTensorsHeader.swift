/// One line of the table of contents; `bytes` counts from the start of the file.
struct SafeTensorsEntry: Sendable {
    let type: StoredType
    let shape: [Int]
    let bytes: Range<Int>

    var count: Int { bytes.count / type.size }
}

/// The table of contents of a `.safetensors` file, every size of it checked against the file's length.
struct SafeTensorsHeader: Sendable {
    /// Longer headers are refused; that of a network with ten thousand tensors has about one MB.
    static let maximumLength = 4 << 20

    private(set) var metadata: [String: String] = [:]
    private(set) var names: [String] = []
    private(set) var entries: [String: SafeTensorsEntry] = [:]

    /// What is wrong with a header, in words that end a sentence.
    struct Fault: Error {
        let reason: String
    }

    /// The length announced by the first eight bytes, when a file of `fileSize` bytes can have it.
    static func length(from prefix: [UInt8], fileSize: Int) throws -> Int {
        guard prefix.count == 8 else { throw Fault(reason: "it has only \(fileSize) bytes") }
        let announced = prefix.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard announced <= UInt64(fileSize - 8) else {
            throw Fault(reason: "its header should take \(announced) bytes, but the file has \(fileSize)")
        }
        guard announced >= 2, announced <= UInt64(maximumLength) else {
            throw Fault(reason: "its header takes \(announced) bytes, and 2 to \(maximumLength) are accepted")
        }
        return Int(announced)
    }

    init(parsing json: [UInt8], fileSize: Int) throws {
        var options = JSONOptions()
        options.maximumDepth = 8
        options.maximumValues = 100_000
        let root: JSONValue
        do {
            root = try JSONValue(parsing: json, options: options)
        } catch let error as JSONError {
            throw Fault(reason: "its header is not valid JSON (\(error))")
        }
        guard let members = root.object else { throw Fault(reason: "its header is no JSON object") }
        let dataStart = 8 + json.count
        for name in members.keys {
            let value = members[name] ?? .null
            if name == "__metadata__" {
                metadata = try Self.texts(value)
            } else {
                names.append(name)
                entries[name] = try Self.entry(name, value, dataStart: dataStart, fileSize: fileSize)
            }
        }
        try checkCoverage(of: dataStart..<fileSize)
    }

    private static func texts(_ value: JSONValue) throws -> [String: String] {
        guard let members = value.object else { throw Fault(reason: "its metadata is no JSON object") }
        var result: [String: String] = [:]
        for key in members.keys {
            guard let text = members[key]?.string else {
                throw Fault(reason: "its metadata entry \(key.prefix(80)) is no text")
            }
            result[key] = text
        }
        return result
    }

    private static func entry(
        _ name: String, _ value: JSONValue, dataStart: Int, fileSize: Int
    ) throws -> SafeTensorsEntry {
        let label = "tensor \(name.prefix(80))"
        guard let code = value["dtype"].string else { throw Fault(reason: "\(label) has no dtype") }
        guard let type = StoredType(rawValue: code) else {
            throw Fault(reason: "\(label) has the unsupported dtype \(code.prefix(20))")
        }
        guard let shape = value["shape"].ints, shape.allSatisfy({ $0 >= 0 }), shape.count <= 32 else {
            throw Fault(reason: "\(label) has no valid shape")
        }
        guard let offsets = value["data_offsets"].ints, offsets.count == 2,
            offsets[0] >= 0, offsets[0] <= offsets[1], offsets[1] <= fileSize - dataStart
        else {
            throw Fault(reason: "\(label) lies outside the file's \(fileSize) bytes")
        }
        var size = type.size
        for extent in shape {
            let (product, overflow) = size.multipliedReportingOverflow(by: extent)
            guard !overflow else { throw Fault(reason: "\(label) has a shape beyond any memory") }
            size = product
        }
        guard size == offsets[1] - offsets[0] else {
            throw Fault(
                reason: "\(label) needs \(size) bytes for its shape \(shape) and has \(offsets[1] - offsets[0])")
        }
        return SafeTensorsEntry(type: type, shape: shape, bytes: dataStart + offsets[0]..<dataStart + offsets[1])
    }

    /// The tensors must follow each other without gaps or overlaps and end where the file ends.
    private func checkCoverage(of data: Range<Int>) throws {
        var end = data.lowerBound
        let ordered = names.sorted { left, right in
            let (a, b) = (entries[left]!.bytes, entries[right]!.bytes)
            return (a.lowerBound, a.upperBound) < (b.lowerBound, b.upperBound)
        }
        for name in ordered {
            let bytes = entries[name]!.bytes
            guard bytes.lowerBound == end else {
                let fault = bytes.lowerBound < end ? "overlaps the one before it" : "leaves a gap before it"
                throw Fault(reason: "tensor \(name.prefix(80)) \(fault)")
            }
            end = bytes.upperBound
        }
        guard end == data.upperBound else {
            throw Fault(reason: "\(data.upperBound - end) bytes at its end belong to no tensor")
        }
    }
}
