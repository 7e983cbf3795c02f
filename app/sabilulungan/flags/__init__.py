"""The red flags of the grants, R01 to R50, as rows. Codes and patterns: sabilulungan-process.md section 6 and
sabilulungan.md section 3, which wins where the two differ."""

from app.sabilulungan.flags import amounts, crossing, payments, recipients, shares, steps, texts, waiting

FLAGS = (
    *recipients.FLAGS, *amounts.FLAGS, *payments.FLAGS, *steps.FLAGS, *texts.FLAGS, *shares.FLAGS, *crossing.FLAGS,
    *waiting.FLAGS,
)  # fmt: skip
