extension NCSNppConfiguration {
    /// Numbers in all tensors of the network, the time frequencies among them, without building it.
    ///
    /// Lets a model file that claims more than it holds be refused before memory is asked for. The settings must be
    /// valid.
    public var parameterCount: Int {
        let base = baseChannels, spectrum = NCSNppBuilder.spectrumChannels
        var total = Self.convolution(spectrum, 2, size: 1) + base
        total += Self.dense(2 * base, 4 * base) + Self.dense(4 * base, 4 * base) + Self.convolution(spectrum, base)
        var channels = base, left = [base], pyramid = spectrum
        for (level, multiplier) in channelMultipliers.enumerated() {
            for _ in 0..<blocksPerLevel {
                total += block(channels, base * multiplier)
                channels = base * multiplier
                if hasAttention(atLevel: level) { total += Self.attention(channels) }
                left.append(channels)
            }
            guard level < levelCount - 1 else { break }
            if blockKind == .bigGAN { total += block(channels, channels, resamples: true) }
            switch progressiveInput {
            case .none: break
            case .skip:
                total += Self.convolution(pyramid, channels, size: 1)
                if combination == .cat { channels *= 2 }
            case .residual:
                total += Self.convolution(pyramid, channels)
                pyramid = channels
            }
            left.append(channels)
        }
        total += 2 * block(channels, channels) + Self.attention(channels)
        for (level, multiplier) in channelMultipliers.enumerated().reversed() {
            for _ in 0...blocksPerLevel {
                total += block(channels + left.removeLast(), base * multiplier)
                channels = base * multiplier
            }
            if hasAttention(atLevel: level) { total += Self.attention(channels) }
            if progressiveOutput == .skip || level == 0 { total += 2 * channels + Self.convolution(channels, spectrum) }
            if level > 0, blockKind == .bigGAN { total += block(channels, channels, resamples: true) }
        }
        return total
    }

    private static func convolution(_ inputs: Int, _ outputs: Int, size: Int = 3) -> Int {
        (inputs * size * size + 1) * outputs
    }

    private static func dense(_ inputs: Int, _ outputs: Int) -> Int { (inputs + 1) * outputs }

    private static func attention(_ channels: Int) -> Int { 2 * channels + 4 * dense(channels, channels) }

    private func block(_ inputs: Int, _ outputs: Int, resamples: Bool = false) -> Int {
        var total = 2 * inputs + Self.convolution(inputs, outputs) + Self.dense(4 * baseChannels, outputs)
        total += 2 * outputs + Self.convolution(outputs, outputs)
        if inputs != outputs || resamples { total += Self.dense(inputs, outputs) }
        return total
    }
}
