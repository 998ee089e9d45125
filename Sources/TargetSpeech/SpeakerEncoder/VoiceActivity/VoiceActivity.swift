/// Voice activity of whole signals.
enum VoiceActivity {
    /// One flag for each whole window of 30 ms of a signal at 16 kHz.
    static func flags(of signal: [Float]) -> [Bool] {
        var detector = VoiceActivityDetector()
        return detector.flags(of: pcm(signal))
    }

    /// The whole windows as 16-bit integers, rounded half to even. Samples beyond full scale wrap around.
    static func pcm(_ signal: [Float]) -> [Int16] {
        let count = signal.count - signal.count % VoiceActivityDetector.frameLength
        return signal[..<count].map { sample in
            let scaled = (sample * 32_767).rounded(.toNearestOrEven)
            return abs(scaled) < 1e9 ? Int16(truncatingIfNeeded: Int(scaled)) : 0
        }
    }
}
