import NeuralCore

/// Vectors quantised for training: gradients pass as if there were no quantiser.
struct QuantizedLatents {
    /// Of the vectors' shape: the sums of the nearest entries, with the gradient of the vectors themselves.
    var values: Tensor
    /// Mean square distance of the entries from what they stand for; only the codebooks feel it.
    var codebookLoss: Tensor
    /// The same distance, which only the vectors feel: they are to stay near entries.
    var commitmentLoss: Tensor

    /// A. van den Oord et al., "Neural discrete representation learning", NeurIPS 2017, equation 3, at every stage.
    ///
    /// - Parameters:
    ///   - vectors: `[rows, dimension]`.
    ///   - codebooks: `[bins, dimension]` each.
    init(_ vectors: Tensor, codebooks: [Tensor]) {
        var residual = vectors, sum = Tensor.zeros(vectors.shape)
        (codebookLoss, commitmentLoss) = (Tensor(scalar: 0), Tensor(scalar: 0))
        for codebook in codebooks {
            let codes = ResidualVectorQuantizer.nearest(
                residual.detached, codebook.detached, halfNorms: ResidualVectorQuantizer.halfNorms(codebook))
            let entries = codebook.gathered(axis: 0, indices: codes)
            codebookLoss += square(residual.detached - entries).mean()
            commitmentLoss += square(residual - entries.detached).mean()
            sum += entries.detached
            residual = residual - entries.detached
        }
        values = vectors + (sum - vectors.detached)
    }
}

/// Keeps all entries of codebooks in use: one that hardly any vector chooses is put where vectors are.
///
/// As in SoundStream (section III-C) and Jukebox, with entries drawn from the vectors of the moment.
enum CodebookReset {
    /// - Parameters:
    ///   - vectors: `[rows, dimension]`, those of one batch.
    ///   - usage: `[codebooks, bins]`, how often an entry has been chosen of late, 1 being the mean; brought up to date.
    ///   - memory: Weight of the past in `usage`.
    ///   - threshold: Usage below which an entry is replaced.
    /// - Returns: The number of entries replaced.
    @discardableResult
    static func refresh(
        _ codebooks: inout [Tensor], usage: inout Tensor, on vectors: Tensor, memory: Float, threshold: Float,
        using random: inout Philox
    ) -> Int {
        var residual = vectors.detached, replaced = 0
        let rows = vectors.shape[0], dimension = vectors.shape[1], bins = usage.shape[1]
        for index in codebooks.indices {
            let codes = ResidualVectorQuantizer.nearest(
                residual, codebooks[index], halfNorms: ResidualVectorQuantizer.halfNorms(codebooks[index]))
            var counts = [Float](repeating: 0, count: bins)
            for code in codes { counts[code] += Float(bins) / Float(rows) }
            let next = residual - codebooks[index].detached.gathered(axis: 0, indices: codes)
            usage.withUnsafeMutableBuffer { usage in
                codebooks[index].withUnsafeMutableBuffer { entries in
                    residual.withUnsafeBuffer { residual in
                        for bin in 0..<bins {
                            let place = index * bins + bin
                            usage[place] = memory * usage[place] + (1 - memory) * counts[bin]
                            guard usage[place] < threshold else { continue }
                            let row = random.nextInt(below: rows)
                            for k in 0..<dimension { entries[bin * dimension + k] = residual[row * dimension + k] }
                            usage[place] = 1
                            replaced += 1
                        }
                    }
                }
            }
            residual = next
        }
        return replaced
    }
}
