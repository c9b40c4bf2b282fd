"""From fitted pipelines of scikit-learn to a front and a network, what is linear melted into it."""
