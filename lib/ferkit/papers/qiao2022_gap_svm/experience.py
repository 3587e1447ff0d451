"""What replicating the GAP CNN with an SVM was like. No measured number stands here: those belong to the results."""

from ferkit.papers.paper import Experience

EXPERIENCES = (Experience(
    "gap_svm",
    easy=(
        "The network is a few lines, and its parts (stacked small kernels, global average pooling) are standard.",
        "The SVM is fitted in minutes on frozen features by scikit-learn, without a GPU.",
        "Each idea can be changed alone, so that kernels, pooling and the classifier are compared with controls of "
        "their own.",
    ),
    hard=(
        "The paper's table could be read in part only: what follows the third block, the width of the pooled features "
        "and every setting of the training were not accessible to us.",
        "The SVM's kernel parameters, and whether it is fitted on frozen features, are not known.",
        "\"Robustness\" is claimed without a measure that we could find; corruptions and their strengths are ours.",
        "The stated gain implies a LeNet-5 far above what this network reaches with any recipe that we tried.",
    ),
    ask=(
        "The full table of the network, in particular what follows the third block.",
        "Optimiser, learning rate, epochs, augmentation and normalisation, and what chose the epoch.",
        "What \"LeNet-5\" was: input size, activation, pooling, training.",
        "How the SVM was fitted: on which features, with which kernel parameters, chosen on which images.",
        "How FER2013 and CK+ were split, whether test-time augmentation was used, and how robustness was measured.",
    ),
),)
