//! Names that are often meant when a name does not exist: import names that differ from the
//! project's, and well-known projects that a misspelling may have aimed at.

use crate::package::PackageName;

/// What is imported under one name and installed under another. Source: the projects' own
/// documentation.
const INSTALLED_AS: &[(&str, &str)] = &[
    ("attr", "attrs"),
    ("bs4", "beautifulsoup4"),
    ("cairo", "pycairo"),
    ("crypto", "pycryptodome"),
    ("cv", "opencv-python"),
    ("cv2", "opencv-python"),
    ("dateutil", "python-dateutil"),
    ("discord", "discord-py"),
    ("docx", "python-docx"),
    ("dotenv", "python-dotenv"),
    ("fitz", "pymupdf"),
    ("git", "gitpython"),
    ("google-protobuf", "protobuf"),
    ("grpc", "grpcio"),
    ("jwt", "pyjwt"),
    ("kafka", "kafka-python"),
    ("ldap", "python-ldap"),
    ("magic", "python-magic"),
    ("mysqldb", "mysqlclient"),
    ("open-cv", "opencv-python"),
    ("opencv", "opencv-python"),
    ("pil", "pillow"),
    ("pkg-resources", "setuptools"),
    ("psycopg2-bin", "psycopg2-binary"),
    ("pytorch", "torch"),
    ("serial", "pyserial"),
    ("skimage", "scikit-image"),
    ("sklearn", "scikit-learn"),
    ("torch-audio", "torchaudio"),
    ("torch-vision", "torchvision"),
    ("usb", "pyusb"),
    ("websocket", "websocket-client"),
    ("yaml", "pyyaml"),
    ("zmq", "pyzmq"),
];

/// Well-known projects, for misspellings. The choice is ours; the order is the alphabet's.
const WELL_KNOWN: &[&str] = &[
    "accelerate",
    "aiofiles",
    "aiohttp",
    "alembic",
    "apache-airflow",
    "attrs",
    "beautifulsoup4",
    "bitsandbytes",
    "black",
    "boto3",
    "botocore",
    "celery",
    "certifi",
    "click",
    "cryptography",
    "dask",
    "datasets",
    "diffusers",
    "django",
    "docker",
    "faiss-cpu",
    "fastapi",
    "flake8",
    "flask",
    "gradio",
    "grpcio",
    "gunicorn",
    "h5py",
    "httpx",
    "huggingface-hub",
    "hypothesis",
    "ipython",
    "jinja2",
    "joblib",
    "jupyter",
    "jupyterlab",
    "keras",
    "langchain",
    "langchain-core",
    "lightgbm",
    "lxml",
    "matplotlib",
    "mlflow",
    "mypy",
    "networkx",
    "nltk",
    "notebook",
    "numba",
    "numpy",
    "openai",
    "opencv-python",
    "opencv-python-headless",
    "optuna",
    "packaging",
    "pandas",
    "peft",
    "pillow",
    "pip",
    "plotly",
    "poetry",
    "polars",
    "protobuf",
    "psutil",
    "psycopg2-binary",
    "pyarrow",
    "pydantic",
    "pygments",
    "pytest",
    "python-dateutil",
    "python-dotenv",
    "pytorch-lightning",
    "pyyaml",
    "redis",
    "requests",
    "rich",
    "ruff",
    "safetensors",
    "scikit-image",
    "scikit-learn",
    "scipy",
    "seaborn",
    "sentence-transformers",
    "sentencepiece",
    "setuptools",
    "six",
    "spacy",
    "sqlalchemy",
    "starlette",
    "streamlit",
    "sympy",
    "tensorboard",
    "tensorflow",
    "timm",
    "tokenizers",
    "toml",
    "torch",
    "torchaudio",
    "torchvision",
    "tornado",
    "tqdm",
    "transformers",
    "triton",
    "typer",
    "typing-extensions",
    "urllib3",
    "uvicorn",
    "virtualenv",
    "vllm",
    "wandb",
    "werkzeug",
    "wheel",
    "xformers",
    "xgboost",
];

/// Returns the name that was probably meant, if one is near.
pub fn nearest_name(name: &PackageName) -> Option<&'static str> {
    let is_imported = |(imported, _): &&(&str, &str)| *imported == name.as_ref();
    match INSTALLED_AS.iter().find(is_imported) {
        Some((_, installed)) => Some(installed),
        None => nearest_of(name, WELL_KNOWN.iter().copied()),
    }
}

/// Returns which of some names was probably meant, if one is near.
pub fn nearest_of<'k>(name: &PackageName, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let name = name.as_ref();
    let near = |known: &str| strsim::damerau_levenshtein(name, known);
    let allowed = if name.len() < 6 { 1 } else { 2 };
    known
        .min_by_key(|known| near(known))
        .filter(|known| near(known) <= allowed && *known != name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(name: &str) -> Option<&'static str> {
        nearest_name(&PackageName::new(name.to_owned()).unwrap())
    }

    #[test]
    fn import_names_and_misspellings_lead_to_the_project() {
        assert_eq!(nearest("sklearn"), Some("scikit-learn"));
        assert_eq!(nearest("nunpy"), Some("numpy"));
        assert_eq!(nearest("reqeusts"), Some("requests"));
        assert_eq!(nearest("my-own-thing"), None);
    }

    #[test]
    fn both_lists_are_sorted() {
        assert!(INSTALLED_AS.is_sorted());
        assert!(WELL_KNOWN.is_sorted());
    }
}
