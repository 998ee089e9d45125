import AudioEmbeddings
import AudioMetrics
import Foundation
import NeuralCore

/// Embeddings of recordings and texts, one row each, on their way to a file.
struct EmbeddingTable {
    enum Form: String {
        case safetensors, npy, json

        init?(path: String) { self.init(rawValue: (path as NSString).pathExtension.lowercased()) }
    }

    /// What a row is of.
    private struct Item: Encodable {
        var file: String?
        var text: String?
        /// Of a recording, from 0.
        var stretch: Int?
        /// In JSON only.
        var embedding: [Float]?
    }

    private struct Description: Encodable {
        var encoder: String
        var identity: String
        var dimension: Int
        var cutting: String
        var items: [Item]
    }

    static let format = "audiotool-embeddings-1"

    private let encoder: String, identity: String, cutting: String, dimension: Int
    private var items: [Item] = []
    private var values: [Float] = []

    init(encoder: any AudioEncoder) {
        (self.encoder, identity, cutting, dimension) = (encoder.name, encoder.identity, encoder.cutting, encoder.dimension)
    }

    var count: Int { items.count }

    mutating func append(_ set: EmbeddingSet, of path: String, encoder: any AudioEncoder, stretches: Bool) {
        guard stretches else {
            items.append(Item(file: path))
            values += encoder.summary(of: set).map { Float($0) }
            return
        }
        items += (0..<set.count).map { Item(file: path, stretch: $0) }
        values += set.values.map { Float($0) }
    }

    mutating func append(_ embedding: [Float], of text: String) {
        items.append(Item(text: text))
        values += embedding
    }

    func write(to path: String) throws {
        switch Form(path: path) {
        case .npy: try OutputFile.write(Self.npy(values, rows: count, columns: dimension), to: path)
        case .json: try OutputFile.write(description(withValues: true) + Data("\n".utf8), to: path)
        default:
            try SafeTensorsFile.write(
                [("embeddings", Tensor(values, shape: [count, dimension]))],
                metadata: ["format": Self.format, "description": String(decoding: description(withValues: false), as: UTF8.self)], to: path)
        }
    }

    private func description(withValues: Bool) throws -> Data {
        var items = items
        if withValues {
            for index in items.indices { items[index].embedding = Array(values[index * dimension..<(index + 1) * dimension]) }
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = withValues ? [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(Description(
            encoder: self.encoder, identity: identity, dimension: dimension, cutting: cutting, items: items))
    }

    /// NumPy's format, version 1.0: little-endian float32 in rows.
    static func npy(_ values: [Float], rows: Int, columns: Int) -> Data {
        let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(columns)), }"
        let length = (10 + dictionary.utf8.count + 1 + 63) / 64 * 64 - 10
        let header = dictionary + String(repeating: " ", count: length - dictionary.utf8.count - 1) + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xFF), UInt8(length >> 8)])
        data.append(Data(header.utf8))
        values.map(\.bitPattern.littleEndian).withUnsafeBytes { data.append(contentsOf: $0) }
        return data
    }
}
