import NeuralCore
import TestSupport
import Testing

@testable import ScoreDiffusion

@Suite struct AttentionBlockTests {
    /// Large images are attended to piece by piece, which changes nothing.
    @Test func largeImages() throws {
        var rng = Philox(seed: 2)
        var block = AttentionBlock(4, rescales: true, using: &rng)
        block.output = ChannelMap(4, 4, using: &rng)
        let image = Tensor.gaussian([1, 4, 70, 72], using: &rng), positions = ImagePositions(block.norm(image))
        #expect(positions.tensor.shape[1] > 4_096)
        let direct = scaledDotProductAttention(
            query: block.query(positions: positions.tensor), key: block.key(positions: positions.tensor),
            value: block.value(positions: positions.tensor))
        let expected = (image + positions.image(block.output(positions: direct))) * Float(0.5.squareRoot())
        expectClose(block(image), expected, relativeL2: 1e-6)
    }
}
