import CKernels

/// One number per channel, added to planes, and its gradient.
enum ChannelBias {
    /// Adds `bias` to `tensor`, `[batch, channels, …]` with `area` numbers per plane, which only the caller holds.
    static func add(_ bias: Tensor, to tensor: Tensor, area: Int) {
        nonisolated(unsafe) let target = tensor.freshPointer
        let channels = bias.count
        parallelBlocks(tensor.count / max(1, area), size: max(1, parallelBlockSize / max(1, area))) { planes in
            for plane in planes {
                let (value, row) = (bias.pointer[plane % channels], target + plane * area)
                for index in 0..<area { row[index] += value }
            }
        }
    }

    /// Writes the sum of each channel of `gradient` to `result`, item after item.
    static func sum(_ gradient: Tensor, channels: Int, area: Int, into result: Tensor) {
        nonisolated(unsafe) let sums = result.freshPointer
        let items = gradient.count / max(1, channels * area)
        parallelBlocks(channels, size: max(1, parallelBlockSize / max(1, area * items))) { range in
            for channel in range {
                var total: Float = 0
                for item in 0..<items {
                    total += ck_plane_sum(gradient.pointer + (item * channels + channel) * area, Int64(area))
                }
                sums[channel] = total
            }
        }
    }
}

extension Tensor {
    /// Adds all of `tensors` to the first, which only the caller holds.
    static func addInOrder(_ tensors: [Tensor]) {
        nonisolated(unsafe) let sum = tensors[0].freshPointer
        parallelBlocks(tensors[0].count, size: parallelBlockSize) { range in
            for other in tensors.dropFirst() {
                ck_accumulate(other.pointer + range.lowerBound, sum + range.lowerBound, range.count)
            }
        }
    }
}
