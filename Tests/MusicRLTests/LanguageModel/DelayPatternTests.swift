import NeuralCore
import TestSupport
import Testing

@testable import MusicRL

@Suite struct DelayPatternTests {
    @Test(arguments: Fixture.music("musicgen", "musicgen_stereo")) func patternIsThePublishedOne(_ fixture: Fixture) throws {
        let pattern = try fixture.musicGenConfiguration().pattern
        let codes = try fixture.tokens("codes"), delayed = try fixture.tokens("delayed")
        let valid = try fixture.tokens("delayed_valid")
        for item in codes.indices {
            #expect(pattern.delayed(codes[item]) == delayed[item])
            #expect(pattern.codes(delayed[item]) == codes[item])
            #expect(pattern.validity(frames: codes[item][0].count).map { $0.map { $0 ? 1 : 0 } } == valid[item])
        }
        for name in ["greedy_g1", "greedy_g3"] where fixture.hasTensor(name + "_delayed") {
            for (layout, codes) in zip(try fixture.tokens(name + "_delayed"), try fixture.tokens(name + "_codes")) {
                #expect(pattern.codes(layout) == codes && pattern.delayed(codes) == layout)
            }
        }
    }

    @Test func shortClipsAreDelayedToo() {
        let pattern = DelayPattern(codebooks: 4, channels: 1, special: 9)
        #expect(pattern.delayed([[1], [2], [3], [4]]) == [[9, 1, 9, 9, 9], [9, 9, 2, 9, 9], [9, 9, 9, 3, 9], [9, 9, 9, 9, 4]])
        #expect(pattern.delayed([[], [], [], []]) == [[Int32]](repeating: [9, 9, 9, 9], count: 4))
        #expect(DelayPattern(codebooks: 8, channels: 2, special: 9).delays == [0, 0, 1, 1, 2, 2, 3, 3])
    }
}
