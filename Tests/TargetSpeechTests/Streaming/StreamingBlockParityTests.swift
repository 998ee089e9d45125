import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// One block against the published one.
@Suite struct StreamingBlockParityTests {
    @Test(arguments: Fixture.all(in: "tsh/block_causal"), [true, false])
    func framesAndStates(_ fixture: Fixture, fromState: Bool) throws {
        let prefix = fromState ? "" : "zero/"
        let input = try fixture.tensor(prefix + "x"), expected = try fixture.tensor(prefix + "out")
        let (width, frames, bins) = (input.shape[1], input.shape[2], input.shape[3])
        let settings = fixture.config
        let configuration = ExtractorConfiguration.make {
            ($0.chunkLength, $0.lookahead, $0.width, $0.blocks) = (bins + 1, bins - 3, width, 1)
            $0.hidden = settings["hidden_channels"].int!
            $0.heads = settings["n_head"].int!
            $0.attentionFrames = settings["local_atten_len"].int!
            $0.approximateQuerySize = settings["approx_qk_dim"].int!
        }
        #expect(configuration.binCount == bins)
        let weights = StreamWeights(try tensors(fixture.weights))
        for item in 0..<input.shape[0] {
            let arena = StreamArena()
            let block = try StreamingBlock(configuration, weights, in: arena)
            if fromState {
                let before = BlockState(block, configuration)
                try before.load { try fixture.floats("state_before." + $0) }(item)
            }
            let stride = paneled(width), features = arena.floats(bins * stride)
            var output = [Float](repeating: 0, count: width * frames * bins)
            for frame in 0..<frames {
                for feature in 0..<width {
                    for bin in 0..<bins {
                        features[bin * stride + feature] =
                            input.values[((item * width + feature) * frames + frame) * bins + bin]
                    }
                }
                block(features)
                for feature in 0..<width {
                    for bin in 0..<bins {
                        output[(feature * frames + frame) * bins + bin] = features[bin * stride + feature]
                    }
                }
            }
            expectClose(output, expected.rows(item).flatMap { $0 }, absolute: 1e-5, "item \(item)")
            let after = BlockState(block, configuration)
            for name in BlockState.names {
                let all = try fixture.floats(prefix + "state_after." + name)
                expectClose(after[name], after.part(all, name, item), absolute: 1e-5, "item \(item), \(name)")
            }
        }
    }
}
