# Start nnvis; on first use make .venv (NNVIS_VENV: another folder) and install everything into it.
# usage: scripts\run.ps1 [--here] [ARGS OF nnvis]   (scripts\run.ps1 --help lists them)
# --here: the Python that is active (PYTHON: another), with what it has; nothing is installed.
# If Windows refuses to run scripts: powershell -ExecutionPolicy Bypass -File scripts\run.ps1

$ErrorActionPreference = 'Stop'
$root = Split-Path -Parent $PSScriptRoot
$words = @($args)

function Say([string] $Line) { [Console]::Error.WriteLine("nnvis: $Line") }

function Find-Python {
    foreach ($candidate in @($env:PYTHON, 'py', 'python3', 'python')) {
        if (-not $candidate -or -not (Get-Command $candidate -ErrorAction SilentlyContinue)) { continue }
        $found = & $candidate -c 'import sys; print(sys.executable if sys.version_info >= (3, 11) else str())'
        if ($LASTEXITCODE -eq 0 -and $found) { return $found }
    }
    Say 'Python 3.11 or newer is needed and was not found; install it, or set PYTHON to its path'
    exit 1
}

if ($words.Count -gt 0 -and $words[0] -eq '--here') {
    $rest = @($words | Select-Object -Skip 1)
    $python = Find-Python
    $missing = & $python (Join-Path $PSScriptRoot 'missing')
    if ($LASTEXITCODE -ne 0) { exit 1 }
    if ($missing) {
        Say "$python lacks $missing"
        Say "to install it there: $python -m pip install `"${root}[fast,gui,index,labs]`""
        exit 1
    }
    $env:PYTHONPATH = (@($root, $env:PYTHONPATH) | Where-Object { $_ }) -join [IO.Path]::PathSeparator
    & $python -m nnvis @rest
    exit $LASTEXITCODE
}

$venv = if ($env:NNVIS_VENV) { $env:NNVIS_VENV } else { Join-Path $root '.venv' }
$onWindows = [IO.Path]::DirectorySeparatorChar -eq '\'
$python = if ($onWindows) { Join-Path $venv 'Scripts\python.exe' } else { Join-Path $venv 'bin/python' }
if (-not (Test-Path -LiteralPath $python)) {
    $maker = Find-Python
    Say "making $venv with $maker"
    & $maker -m venv $venv
    if ($LASTEXITCODE -ne 0) { Say "cannot make $venv; NNVIS_VENV can name another folder"; exit 1 }
}

$stamp = Join-Path $venv '.nnvis-run'
$hash = (Get-FileHash -LiteralPath (Join-Path $root 'pyproject.toml') -Algorithm SHA256).Hash
$wanted = "$root $hash"
if (-not (Test-Path -LiteralPath $stamp) -or (Get-Content -LiteralPath $stamp -TotalCount 1) -ne $wanted) {
    Say 'installing nnvis and what it needs (PyTorch is large: some minutes the first time)'
    & $python -m pip install --disable-pip-version-check -q -e "${root}[fast,gui,index,labs]"
    if ($LASTEXITCODE -ne 0) { Say 'the installation failed; what pip said is above'; exit 1 }
    Set-Content -LiteralPath $stamp -Value $wanted
}
& $python -m nnvis @words
exit $LASTEXITCODE
