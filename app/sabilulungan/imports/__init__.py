"""The files of grants that a region can bring in: the published datasets, the published list, the original's dump."""

from app.sabilulungan.imports import hibah, hibah_terbit, lpj, organisasi, original, pencairan, rab

DATASETS = (
    organisasi.DATASET,
    hibah.DATASET,
    hibah_terbit.DATASET,
    rab.DATASET,
    pencairan.DATASET,
    lpj.DATASET,
    original.DATASET,
)
