import AudioDSP
import Foundation
import NeuralCore
import TestSupport
import Testing

@testable import TargetSpeech

/// What runs on the audio thread takes no memory and calls no system.
@Suite(.serialized) struct RealTimeTests {
    @Test(arguments: [ExtractorConfiguration.tiny, StreamingExtractorTests.shapes[1]])
    func theExtractor(_ configuration: ExtractorConfiguration) throws {
        let extractor = try configuration.extractor()
        let input = StreamArena().copy(configuration.randomMixture(configuration.chunkLength).flatMap { $0 })
        let output = StreamArena().copy([Float](repeating: 0, count: configuration.outputs * configuration.chunkLength))
        expectRealTime("process") { for _ in 0..<3 { extractor.process(input.floats, output.floats) } }
        expectRealTime("reset") { extractor.reset() }
        input.floats[3] = .nan
        expectRealTime("NaN") { extractor.process(input.floats, output.floats) }
        input.floats.update(repeating: 3e38, count: configuration.microphones * configuration.chunkLength)
        expectRealTime("overflow") { extractor.process(input.floats, output.floats) }
        #expect(extractor.overflowCount > 0)
        if configuration.isConditioned {
            let voice = configuration.randomVoice(seed: 4)
            #expect(allocations { try? extractor.setVoice(voice) } != 0, "the counter counts")
            expectRealTime("new voice") { extractor.process(input.floats, output.floats) }
        }
    }

    @Test func theLightExtractor() throws {
        let configuration = BandSplitConfiguration.tiny, extractor = StreamingBandSplitExtractor(configuration.randomNetwork())
        try extractor.prepare()
        let count = 2 * configuration.chunkLength
        let input = StreamArena().copy(configuration.randomMixture(configuration.chunkLength).flatMap { $0 })
        let output = StreamArena().copy([Float](repeating: 0, count: count))
        expectRealTime("without a voice") { extractor.process(input.floats, output.floats) }
        try extractor.setVoice(configuration.randomVoice())
        expectRealTime("process") { for _ in 0..<3 { extractor.process(input.floats, output.floats) } }
        expectRealTime("reset") { extractor.reset() }
        input.floats.update(repeating: 3e38, count: count)
        expectRealTime("overflow") { extractor.process(input.floats, output.floats) }
        #expect(extractor.overflowCount > 0)
    }

    @Test(arguments: [16_000, 44_100, 48_000])
    func streamsOfBlocks(_ rate: Int) throws {
        let configuration = ExtractorConfiguration.tiny
        let blended = BlendedProcessor(try configuration.extractor(), strength: 0.5)
        let mapped = try ChannelMappedProcessor(blended, inputChannels: 1, outputChannels: 2)
        let stream = try mapped.blocks(at: rate)
        try stream.prepare()
        let input = StreamArena().copy([Float](repeating: 0.1, count: 480))
        let output = StreamArena().copy([Float](repeating: 0, count: 960))
        expectRealTime("process") {
            for frames in [480, 1, 37] { stream.process(input.floats, output.floats, frames: frames) }
        }
        expectRealTime("reset") { stream.reset() }
    }

    @Test func aSystemCallIsSeen() {
        #expect(callsSystem {} != true)
        #expect(callsSystem { sched_yield() } != false)
    }
}

/// Floats in their arena.
private struct HeldFloats {
    let arena: StreamArena
    let floats: UnsafeMutablePointer<Float>
}

extension StreamArena {
    fileprivate func copy(_ values: [Float]) -> HeldFloats { .init(arena: self, floats: floats(copying: values)) }
}
