enum AudioMetricsPlaceholder {}
