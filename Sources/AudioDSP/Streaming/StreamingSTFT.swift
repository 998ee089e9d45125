/// `STFT.forward` for a signal that arrives in pieces of any size: the same frames, the same bits.
///
/// ```swift
/// var stream = StreamingSTFT(stft)
/// stream.process(block) { spectrum in … }      // each frame that is complete, [bins, 2]
/// try stream.finish { spectrum in … }          // centred: the frames that reach past the end
/// ```
/// Frame `t` appears as soon as its last sample is there. With centred frames and reflected edges the
/// first needs `nFFT / 2 + 1` samples more than are before its middle. Not to be shared between threads.
public struct StreamingSTFT {
    public let stft: STFT
    private let engine: FrameTransform
    private let spectrum: AlignedFloats
    /// Samples of the padded signal that a later frame still needs, from `head` on.
    private var pending: [Float] = []
    private var head = 0
    /// Samples of the padded signal to drop before the next frame (a hop longer than the frame).
    private var skip = 0
    private var received = 0

    public init(_ stft: STFT) {
        self.stft = stft
        engine = FrameTransform(stft)
        spectrum = AlignedFloats(count: 2 * stft.configuration.binCount)
        reset()
    }

    /// Forgets the signal.
    public mutating func reset() {
        pending.removeAll(keepingCapacity: true)
        pending.reserveCapacity(4 * stft.configuration.nFFT)
        (head, skip, received) = (0, 0, 0)
        if padding > 0, stft.configuration.padding == .zeros {
            pending.append(contentsOf: repeatElement(0, count: padding))
        }
    }

    private var padding: Int { stft.configuration.edgePadding }
    private var reflects: Bool { padding > 0 && stft.configuration.padding == .reflect }

    /// Takes the next samples and hands each frame that they complete, `[bins, 2]`, to `onFrame`.
    public mutating func process(
        _ samples: UnsafeBufferPointer<Float>, onFrame: (UnsafeBufferPointer<Float>) throws -> Void
    ) rethrows {
        let known = received
        received += samples.count
        pending.append(contentsOf: samples)
        if reflects {
            guard received > padding else { return }
            if known <= padding { reflectBeginning() }
        }
        try emit(onFrame)
    }

    /// Takes the next samples and returns the frames that they complete.
    public mutating func process(_ samples: [Float]) -> ComplexSpectrogram {
        collect { stream, onFrame in
            samples.withUnsafeBufferPointer { stream.process($0, onFrame: onFrame) }
        }
    }

    /// Ends the signal and hands over the frames that reach past its end; then starts anew.
    ///
    /// Throws where the whole signal was too short to be transformed.
    public mutating func finish(onFrame: (UnsafeBufferPointer<Float>) throws -> Void) throws {
        defer { reset() }
        let needed = stft.configuration.minimumSampleCount
        guard received >= needed else {
            throw SignalError.tooShort(operation: "The short-time transform", samples: received, needed: needed)
        }
        guard padding > 0 else { return }
        if reflects {
            let last = pending.count - 1
            for distance in 1...padding { pending.append(pending[last - distance]) }
        } else {
            pending.append(contentsOf: repeatElement(0, count: padding))
        }
        try emit(onFrame)
    }

    /// Ends the signal and returns the last frames; then starts anew.
    public mutating func finish() throws -> ComplexSpectrogram {
        try collect { stream, onFrame in try stream.finish(onFrame: onFrame) }
    }

    private mutating func reflectBeginning() {
        let signal = pending
        pending.removeAll(keepingCapacity: true)
        for distance in stride(from: padding, to: 0, by: -1) { pending.append(signal[distance]) }
        pending.append(contentsOf: signal)
    }

    private mutating func emit(_ onFrame: (UnsafeBufferPointer<Float>) throws -> Void) rethrows {
        let (nFFT, hop) = (stft.configuration.nFFT, stft.configuration.hopLength)
        while true {
            let dropped = min(skip, pending.count - head)
            head += dropped
            skip -= dropped
            guard skip == 0, pending.count - head >= nFFT else { break }
            let (engine, start) = (engine, head)
            pending.withUnsafeBufferPointer { engine.load($0.baseAddress! + start) }
            engine.analyze(into: spectrum.base)
            skip = hop
            try onFrame(UnsafeBufferPointer(start: spectrum.base, count: spectrum.count))
        }
        compact()
    }

    /// Drops what no frame needs any more, keeping what the reflection of the end needs.
    private mutating func compact() {
        let spare = reflects ? padding + 1 : 0
        let removable = min(head, pending.count - spare)
        guard removable >= stft.configuration.nFFT else { return }
        pending.removeSubrange(0..<removable)
        head -= removable
    }

    private mutating func collect(
        _ body: (inout StreamingSTFT, (UnsafeBufferPointer<Float>) -> Void) throws -> Void
    ) rethrows -> ComplexSpectrogram {
        var values: [Float] = []
        try body(&self) { values.append(contentsOf: $0) }
        return ComplexSpectrogram(frames: values, binCount: stft.configuration.binCount)
    }
}
