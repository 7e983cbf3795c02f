"""Letters of a region: versioned layouts, numbers without gaps, PDFs that can be made again byte for byte."""
