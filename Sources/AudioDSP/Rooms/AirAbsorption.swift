import Foundation

/// What air takes from sound on its way: high frequencies, over long distances.
public struct AirAbsorption: Sendable, Hashable {
    /// Part of the energy lost per metre in the octaves around 125, 250, … 8000 Hz.
    public let octaves: [Double]

    /// - Parameter octaves: Seven values, 125 Hz to 8 kHz, in 1/m.
    public init(octaves: [Double]) throws {
        guard octaves.count == 7, octaves.allSatisfy({ $0 >= 0 && $0.isFinite }) else {
            throw SignalError.invalidSetting(
                operation: "Absorption by air", reason: "seven values of zero or more are needed, not \(octaves)")
        }
        self.init(checked: octaves)
    }

    private init(checked octaves: [Double]) { self.octaves = octaves }

    /// A room at 20 °C with 30 to 50 % relative humidity.
    public static let indoor = AirAbsorption(checked: [0.1e-3, 0.3e-3, 0.6e-3, 1.0e-3, 1.9e-3, 5.8e-3, 20.3e-3])

    /// Per metre at a frequency in Hz: interpolated between the octaves, growing with the square above them.
    public func coefficient(at frequency: Double) -> Double {
        let position = log2(max(frequency, 125) / 125)
        let last = octaves.count - 1
        guard position < Double(last) else {
            let ratio = frequency / 8_000
            return octaves[last] * ratio * ratio
        }
        let index = Int(position), part = position - Double(index)
        return octaves[index] + part * (octaves[index + 1] - octaves[index])
    }
}

extension RoomResponse {
    /// The response of the same room filled with air that absorbs.
    ///
    /// What arrives at time `t` has travelled `343 m/s · t`, whatever its path, so the short-time spectrum of the
    /// response is weighted by time and frequency.
    ///
    /// - Parameter start: The sample at which the sound left its source.
    public func absorbed(by air: AirAbsorption, start: Int = 0) throws -> RoomResponse {
        let hop = max(1, sampleRate / 500)
        let stft = try STFT(STFTConfiguration(nFFT: 4 * hop, hopLength: hop, padding: .zeros))
        // The zeros behind the end let every frame that holds some of it be whole.
        var spectrum = try stft.forward(samples + [Float](repeating: 0, count: 4 * hop))
        let metresPerSample = ShoeboxRoom.speedOfSound / Double(sampleRate)
        for bin in 0..<spectrum.binCount {
            let frequency = Double(bin) * Double(sampleRate) / Double(4 * hop)
            let perMetre = 0.5 * air.coefficient(at: frequency)
            for frame in 0..<spectrum.frameCount {
                let distance = Double(max(0, frame * hop - start)) * metresPerSample
                let gain = Float(exp(-perMetre * distance))
                let value = spectrum[frame, bin]
                spectrum[frame, bin] = (value.real * gain, value.imaginary * gain)
            }
        }
        return RoomResponse(
            samples: try stft.inverse(spectrum, length: samples.count), sampleRate: sampleRate,
            directDelay: directDelay)
    }
}
