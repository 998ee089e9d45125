import Foundation
import ModelLibrary
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

extension Fixture {
    /// The set's weights as those of a published checkpoint.
    private func published() throws -> PublishedTargetCheckpoint {
        try #require(PublishedTargetCheckpoint(StateDictionary(path: path(of: "model.safetensors"))))
    }

    func extractor() throws -> TFGridNetExtractor { try published().extractor(config) }
    func enrollmentNetwork() throws -> EnrollmentNetwork { try published().enrollmentNetwork(config) }
}

extension TFGridNetExtractor {
    /// The state's tensors under their published names and shapes.
    static func published(_ state: State) -> [(name: String, tensor: Tensor)] {
        let shape = state.spectrum.shape
        let ends = [
            ("conv_buf", state.input), ("deconv_buf", state.features),
            ("istft_buf", state.spectrum.reshaped([shape[0], shape[1], shape[3], 1])),
        ]
        return ends + state.blocks.enumerated().flatMap { index, block in
            [("h0", block.time.hidden), ("c0", block.time.cell), ("K_buf", block.keys), ("V_buf", block.values)]
                .map { ("gridnet_bufs.buf\(index).\($0)", $1) }
        }
    }

    /// The output of calls of so many chunks each, zeros behind the mixture's end.
    func streamed(
        _ mixture: Tensor, chunks sizes: [Int], embedding: (Int) -> Tensor,
        beforeCall: (Int, State) throws -> Void = { _, _ in }
    ) rethrows -> (Tensor, State) {
        let (chunk, ahead) = (configuration.chunkLength, configuration.lookahead)
        let padded = mixture.padded([(0, 0), (0, 0), (0, ahead)])
        var state = State(configuration, batch: mixture.shape[0]), first = 0, pieces: [Tensor] = []
        for size in sizes {
            try beforeCall(first, state)
            let part = padded.sliced(axis: 2, first * chunk..<(first + size) * chunk + ahead)
            pieces.append(self(part, embedding: embedding(first), state: &state))
            first += size
        }
        return (.concatenated(pieces, axis: 2), state)
    }
}
