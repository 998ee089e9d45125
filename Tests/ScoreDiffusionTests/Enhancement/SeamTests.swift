import AudioDSP
import Foundation
import ModelLibrary
import TestSupport
import Testing

@testable import ScoreDiffusion

/// CASES C13 with the default models: under speech in steady noise no seam is heard.
@Suite struct SeamTests {
    @Test(arguments: [ModelFile.Kind.enhancer, .dereverberator])
    func segmentedEqualsWhole(_ kind: ModelFile.Kind) throws {
        let file = try ModelStore(executable: Repository.root.appendingPathComponent("audiotool").path).model(nil, kind: kind)
        let model = try EnhancerModel(file)
        let clean = try AudioFile.read(Repository.fixtures.appendingPathComponent("audio/p287_003_clean.flac").path).channels[0]
        let seconds = 180
        // Noise 30 dB below the speech's peak level.
        let noise = testNoise(seconds * 16_000, level: 0.03 * clean.reduce(0) { max($0, abs($1)) } * 1.7)
        let mixture = AudioBuffer(
            channels: [noise.indices.map { noise[$0] + clean[$0 % clean.count] }], sampleRate: 16_000)
        var options = SpeechEnhancer.Options()
        let segmented = try SpeechEnhancer(model: model, options: options).enhance(mixture).channels[0]
        options.segmentation = Segmentation(duration: Double(seconds + 1), overlap: 0)
        let whole = try SpeechEnhancer(model: model, options: options).enhance(mixture).channels[0]
        let plan = SegmentPlan(
            length: noise.count, model.segmentation, sampleRate: 16_000, alignment: model.frameAlignment)
        #expect(plan.count > 2)
        let loudness = meanSquare(whole)
        let difference = 10 * log10(meanSquare(zip(segmented, whole).map { $0 - $1 }) / loudness)
        // Linear prediction looks at a whole segment before the network does.
        #expect(difference < (kind == .enhancer ? -50 : -15), "segmented against whole: \(difference) dB")
        for start in plan.starts.dropFirst() {
            for frame in stride(from: start, to: start + plan.overlap, by: 320) {
                let a = meanSquare(segmented[frame..<frame + 320]), b = meanSquare(whole[frame..<frame + 320])
                // Frames 50 dB under the speech are beyond hearing beside it.
                guard max(a, b) > 1e-5 * loudness else { continue }
                #expect(abs(10 * log10(a / b)) < 1, "at \(Double(frame) / 16_000) s")
            }
        }
    }
}
