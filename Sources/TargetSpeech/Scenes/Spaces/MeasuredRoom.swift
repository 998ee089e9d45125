import AudioDSP
import Foundation
import NeuralCore

/// A room known by an impulse response to one microphone, heard by a head.
///
/// The direct sound, 2.5 ms long, comes from the source. Until 50 ms later every sample of the response is a front from
/// one of the directions drawn for each 2 ms. Of the rest only its energy in time and frequency is kept, given to noise
/// with the ears' coherence in a diffuse field.
public struct MeasuredRoom: BinauralSpace {
    private static let directSeconds = 0.0025
    private static let earlySeconds = 0.05
    private static let patchSeconds = 0.002
    private static let longestTail = 2.0

    public let head: HeadRelatedResponses
    public let reverberationTime: Double
    /// At 16 kHz, from the direct sound on.
    private let response: [Float]
    /// Samples before the direct sound that belong to it.
    private let onset: Int
    private let reflections: [Direction]

    /// - Parameters:
    ///   - response: Measured with one microphone, at any rate.
    ///   - random: Draws the directions of the early reflections.
    /// - Throws: `SignalError` for a silent response and samples that are no numbers.
    public init(_ response: RoomResponse, head: HeadRelatedResponses, using random: inout Philox) throws {
        let rate = HeadRelatedResponses.sampleRate
        let samples = try SincResampler.resample(response.samples, from: response.sampleRate, to: rate)
        let measured = try RoomResponse(measured: samples, sampleRate: rate)
        onset = min(measured.directIndex, rate / 1000)
        let start = measured.directIndex - onset
        self.response = Array(samples[start..<min(samples.count, start + Int(Self.longestTail * Double(rate)))])
        self.head = head
        let curve = DecayCurve(self.response, sampleRate: rate)
        reverberationTime = curve.reverberationTime(to: -25) ?? 0
        let patches = Int((Self.earlySeconds / Self.patchSeconds).rounded(.up)) + 1
        reflections = (0..<patches).map { _ in
            let height = 2 * Double(random.nextUniform()) - 1
            return Direction(azimuth: 360 * Double(random.nextUniform()), elevation: asin(height) * 180 / .pi)
        }
    }

    public func reach(toward direction: Direction) -> Double { .infinity }

    public func early(from direction: Direction, distance: Double) -> BinauralResponse {
        let rate = Double(HeadRelatedResponses.sampleRate)
        let count = min(response.count, onset + Int(Self.earlySeconds * rate))
        let directEnd = onset + Int(Self.directSeconds * rate)
        var arrivals = BinauralArrivals(head: head, longestDelay: Double(count))
        for index in 0..<count {
            let patch = Int(Double(index) / (Self.patchSeconds * rate))
            let isDirect = index <= directEnd
            arrivals.add(
                from: isDirect ? direction : reflections[min(patch, reflections.count - 1)], delay: Double(index), gain: response[index],
                blending: isDirect)
        }
        return arrivals.response(start: Double(onset))
    }

    public func late(distance: Double, using random: inout Philox) throws -> BinauralResponse? {
        let first = onset + Int(Self.earlySeconds * Double(HeadRelatedResponses.sampleRate))
        guard response.count > first + 512 else { return nil }
        let tail = Array(response[first...])
        let noise = try head.diffuseField.noise(count: tail.count, using: &random)
        let stft = try STFT(STFTConfiguration(nFFT: 256, hopLength: 64, padding: .zeros))
        let power = Self.smoothed(try stft.forward(tail))
        // White noise of variance one has the sum of the squared window as its power in every bin.
        let windowPower: Float = 96
        let ears = try noise.map { ear in
            var spectrum = try stft.forward(ear)
            for frame in 0..<spectrum.frameCount {
                for bin in 0..<spectrum.binCount {
                    let gain = (power[frame * spectrum.binCount + bin] / windowPower).squareRoot()
                    let value = spectrum[frame, bin]
                    spectrum[frame, bin] = (value.real * gain, value.imaginary * gain)
                }
            }
            return try stft.inverse(spectrum, length: tail.count)
        }
        let silence = [Float](repeating: 0, count: first - onset + BinauralResponse.lead)
        return BinauralResponse(ears: ears.map { silence + $0 })
    }

    /// The power of each bin, averaged with its neighbours in time and frequency.
    private static func smoothed(_ spectrum: ComplexSpectrogram) -> [Float] {
        let power = spectrum.power(), (frames, bins) = (spectrum.frameCount, spectrum.binCount)
        return (0..<frames * bins).map { index in
            let (frame, bin) = (index / bins, index % bins)
            var (sum, weight): (Float, Float) = (0, 0)
            for f in max(0, frame - 2)...min(frames - 1, frame + 2) {
                for b in max(0, bin - 2)...min(bins - 1, bin + 2) {
                    sum += power[f * bins + b]
                    weight += 1
                }
            }
            return sum / weight
        }
    }
}
