/// The bins of each band of a band-split network: 4 up to a quarter of the spectrum, 8 up to its half, 16 above; the
/// last band takes the rest.
package func bandWidths(bins: Int) -> [Int] {
    var widths: [Int] = []
    var start = 0
    while start < bins {
        let width = start < (bins - 1) / 4 ? 4 : start < (bins - 1) / 2 ? 8 : 16
        let rest = bins - start
        let isLast = rest < 2 * width && start >= (bins - 1) / 2
        widths.append(isLast ? rest : min(width, rest))
        start += widths.last!
    }
    return widths
}
