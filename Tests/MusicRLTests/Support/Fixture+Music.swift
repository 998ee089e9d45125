import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

extension Fixture {
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
            return TextCondition(TextStates(states), for: weights)
        }
    }
}

/// A window that no fixture fills.
let wideWindow = TokenGenerator.Window(length: 200, stride: 100)
