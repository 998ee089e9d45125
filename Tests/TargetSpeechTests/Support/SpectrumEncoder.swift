import Foundation

@testable import TargetSpeech

/// Stands in for an enrolment network: the mean of a logarithmic mel spectrum, without its own mean.
struct SpectrumEncoder: EnrollmentEncoder {
    var model = Voice.Model(name: "spectrum", sha256: String(repeating: "ab", count: 32))
    var vectorSize = SpeakerFeatures.bandCount
    var cosineRange = 0.5...0.95
    /// What is done to each vector.
    var change: @Sendable ([Float]) -> [Float] = { $0 }

    func vector(of channels: [[Float]]) throws -> [Float] {
        let bands = SpeakerFeatures.bandCount
        var sum = [Float](repeating: 0, count: bands)
        for channel in channels {
            let mel = try SpeakerFeatures()(channel)
            for (index, power) in mel.enumerated() { sum[index % bands] += power }
        }
        let logs = sum.map { log(max($0, 1e-12)) }, mean = logs.reduce(0, +) / Float(bands)
        return change(logs.map { $0 - mean })
    }
}
