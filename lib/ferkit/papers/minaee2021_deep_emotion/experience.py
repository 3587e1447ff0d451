"""What replicating Deep-Emotion was like. No measured number stands here: those belong to the results."""

from ferkit.papers.paper import Experience

EXPERIENCES = (Experience(
    "deep_emotion",
    easy=(
        "The network is small: it is built in a page of code, and a run on FER2013 takes minutes on a CPU core.",
        "FER2013's split is official, so that accuracies can be compared without guessing who is tested on what.",
        "The occlusion analysis needs nothing but the trained network; once regions of the face are named, what "
        "was read off by eye becomes a test.",
    ),
    hard=(
        "The figure's localisation path does not add up: ninety inputs to its linear layer do not follow from the "
        "convolutions drawn before it. A pooling had to be chosen that gives this sum.",
        "Batch size, dropout, the weight of the norm penalty, augmentation and the number of epochs are not "
        "stated, or are known second-hand only; each changes accuracy by as much as the effects that are claimed.",
        "Which images of the other data sets were tested is not known. On CK+ a random split by image puts frames "
        "of one sequence into training and test.",
        "Few classes carry the rare-class claim: disgust has so few test images that one seed says little.",
    ),
    ask=(
        "The code or the weights, and the accuracy on FER2013's public test set at the epoch that was chosen: "
        "which split chose it?",
        "Where the sampler stands (on the input or on the features), and how the localisation path gets to ninety "
        "inputs.",
        "Batch size, augmentation, dropout rate, λ and epochs, and whether test-time augmentation or several "
        "networks stand behind the stated accuracy.",
        "The lists of images of the CK+, JAFFE and FERG splits.",
        "The size and stride of the occluding window, and the images that the conclusions were read from.",
    ),
),)
