import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

extension Fixture {
    /// The sets of music whose folders have one of these names.
    static func music(_ names: String...) -> [Fixture] {
        let sets = all(in: "music").filter { names.contains($0.folder.lastPathComponent) }
        precondition(!sets.isEmpty, "There is no reference set \(names).")
        return sets
    }

    /// `[a][b][c]` of whole numbers.
    func tokens(_ name: String) throws -> [[[Int32]]] {
        let shape = try shape(name), values = try floats(name).map { Int32($0) }
        return (0..<shape[0]).map { a in
            (0..<shape[1]).map { b in
                let start = (a * shape[1] + b) * shape[2]
                return Array(values[start..<start + shape[2]])
            }
        }
    }

    /// `[a][b]` of whole numbers.
    func table(_ name: String) throws -> [[Int]] {
        let shape = try shape(name), values = try floats(name).map { Int($0) }
        return (0..<shape[0]).map { Array(values[$0 * shape[1]..<($0 + 1) * shape[1]]) }
    }

    func musicGenConfiguration() throws -> MusicGenConfiguration {
        try MusicGenConfiguration(config["decoder"], path: path(of: "config.json"))
    }

    func musicGenDecoder() throws -> MusicGenDecoder {
        try MusicGenDecoder(musicGenConfiguration(), weights: weights, prefix: "decoder.")
    }

    /// The texts of the set, as the decoder attends to them.
    func textMemory() throws -> TextMemory {
        TextMemory(
            states: try tensor("encoder_hidden_states"),
            lengths: try table(hasTensor("attention_mask") ? "attention_mask" : "encoder_attention_mask").map { $0.reduce(0, +) })
    }

    /// One condition for each text, without its padding.
    func conditions(_ weights: DecoderWeights) throws -> [TextCondition] {
        let memory = try textMemory()
        return memory.lengths.enumerated().map { item, length in
            let states = memory.states.sliced(axis: 0, item..<item + 1).sliced(axis: 1, 0..<length).squeezed(at: 0)
            return TextCondition(states, for: weights)
        }
    }
}

/// A window that no fixture fills.
let wideWindow = TokenGenerator.Window(length: 200, stride: 100)
